import type { ReportInput } from '../../review/report/report';
import type { PlanFixture } from './plan-fixtures';
import { synthesizeToFiles, topology } from './synth';

/** What a report is made from. Saved plans are not kept, so their digests are made up. */
export function reportInput({ toml, stacks, destroy }: PlanFixture): ReportInput {
  const derived = topology(toml, 'bank');
  const synthesized = new Map(synthesizeToFiles([derived]).stacks.map(({ name, json }) => [name, json]));
  return {
    topology: derived,
    destroy,
    revision: '0123abc',
    stacks: stacks.map((stack, index) => ({
      ...stack,
      configuration: synthesized.get(stack.name) ?? {},
      sha256: String(index).repeat(64),
      configurationSha256: String(index).repeat(64),
    })),
  };
}
