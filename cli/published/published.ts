import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Topology } from '../../topology/topology';
import { CERTIFICATES_PATH } from '../../topology/volumes';
import type { CertificateFacts } from '../certificate';
import { type EnvironmentEngine, engineSays } from '../environment-engine';
import type { Executor } from '../executor';
import { InterruptedError } from '../setup/errors';
import { CommandError } from '../setup/process';
import type { ClientAnswers } from './answers';
import { askFromEngine } from './ask-from-engine';
import { askHere } from './ask-here';
import { nameNotes } from './name';
import { engineHostOf, outwardAddress, publishedPlaces } from './places';
import { type Expectations, type Verdict, verdictOn } from './verdict';

/** What a client sees of the environment. */
export interface Published {
  readonly url: string;
  /** Whether a client is served as it should be. */
  readonly served: boolean;
  /** Addresses that were asked, with the HTTPS port. */
  readonly addresses: readonly string[];
  readonly askedFrom: 'this machine' | 'the Docker host' | 'the cluster';
  /** Why a client is not served; null when it is. */
  readonly reason: string | null;
  /** Whether no client at all gets an HTTPS connection, at none of the addresses. */
  readonly unreachable: boolean;
  /** The certificate that is shown; null where none is. */
  readonly certificate: CertificateFacts | null;
  /** What is worth knowing, and no fault of the environment. */
  readonly notes: readonly string[];
}

/** Asks the environment as a client does: at its published address, by its public name. */
export async function askAsClient(topology: Topology, engine: EnvironmentEngine): Promise<Published> {
  const { loadBalancer } = topology;
  const places = publishedPlaces(loadBalancer.bindAddress, engineHostOf(topology), outwardAddress());
  const [authority, notes, answers] = await Promise.all([
    authorityOf(topology, engine),
    nameNotes(topology, places.here),
    Promise.all(places.here.map((address) => askHere(address, loadBalancer))),
  ]);
  const expected: Expectations = { ...loadBalancer, authority };
  const fromHere = answers.length === 0 ? undefined : published(answers, expected, 'this machine', notes);
  if (fromHere && !(fromHere.unreachable && places.elsewhere)) return fromHere;
  // The address may be the engine's host's alone, behind a firewall or on its loopback.
  const [why] = fromHere ? [`from this machine: ${fromHere.reason}`] : [];
  try {
    const there = await askFromEngine(engine, loadBalancer.image, places.there, loadBalancer);
    return published([there], expected, 'the Docker host', [...(why ? [why] : []), ...notes]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const reason = `${places.there} is an address of the Docker host, which could not be asked: ${engineSays(error)}`;
    const asked = [`${places.there}:${expected.httpsPort}`];
    return (
      fromHere ?? { ...published([], expected, 'the Docker host', notes), addresses: asked, served: false, reason }
    );
  }
}

/** What the answers of all addresses mean together. */
export function published(
  answers: readonly ClientAnswers[],
  expected: Expectations,
  askedFrom: Published['askedFrom'],
  notes: readonly string[],
): Published {
  const verdicts: Verdict[] = answers.map((answer) => verdictOn(answer, expected));
  const problems = [...new Set(verdicts.flatMap((verdict) => verdict.problems))];
  const noConnection = ({ https: { failure } }: ClientAnswers) => failure !== undefined && failure.kind !== 'tls';
  return {
    url: expected.url,
    served: problems.length === 0,
    addresses: answers.map(({ address }) => `${address}:${expected.httpsPort}`),
    askedFrom,
    reason: problems.join('; ') || null,
    unreachable: answers.length > 0 && answers.every(noConnection),
    certificate: verdicts.find(({ certificate }) => certificate)?.certificate ?? null,
    notes: [...new Set([...verdicts.flatMap((verdict) => verdict.notes), ...notes])],
  };
}

/** The authority that has issued the certificate; undefined where it is somebody else's, or nobody can say. */
export async function authorityOf(
  { loadBalancer, environment }: Topology,
  executor: Executor,
): Promise<string | undefined> {
  if (loadBalancer.certificate === 'supplied') return undefined;
  try {
    return await executor.exec(loadBalancer.containerName, 'cat', `${CERTIFICATES_PATH}/ca.crt`);
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    const copy = join('build', environment, 'ca.crt');
    return existsSync(copy) ? readFileSync(copy, 'utf8') : undefined;
  }
}
