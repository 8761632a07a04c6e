import { EnvironmentEngine } from '../../cli/environment-engine';
import { CommandError } from '../../cli/setup/process';
import { topology } from '../support/synth';

/** An engine on which some things are gone, and which answers, as engines do, for all that are asked about or for none. */
class Engine extends EnvironmentEngine {
  readonly asked: string[][] = [];

  constructor(private readonly says: Readonly<Record<string, string>>) {
    super(topology(undefined, 'bank'));
  }

  override async docker(...[, , ...ids]: string[]): Promise<string> {
    this.asked.push(ids);
    const [problem] = ids.flatMap((id) => this.says[id] ?? []);
    if (problem !== undefined) throw new CommandError(['docker'], 1, 'exit code 1', [problem]);
    return JSON.stringify(ids);
  }
}

test('all are asked about at once', async () => {
  const engine = new Engine({});
  expect(await engine.inspect('container', ['a', 'b'])).toEqual(['a', 'b']);
  expect(engine.asked).toEqual([['a', 'b']]);
});

test('nobody is asked about nothing', async () => {
  const engine = new Engine({});
  expect(await engine.inspect('container', [])).toEqual([]);
  expect(engine.asked).toEqual([]);
});

test.each([
  'Error response from daemon: No such container: b',
  'Error response from daemon: network b not found',
  'Error response from daemon: get b: no such volume',
])('what has gone since it was listed is left out: %s', async (b) => {
  expect(await new Engine({ b }).inspect('container', ['a', 'b', 'c'])).toEqual(['a', 'c']);
});

test('an engine that does not answer is no empty engine', async () => {
  const b = 'Cannot connect to the Docker daemon';
  await expect(new Engine({ b }).inspect('container', ['a', 'b'])).rejects.toThrow(b);
});
