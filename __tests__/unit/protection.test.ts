import type { EnvironmentEngine } from '../../cli/environment-engine';
import { requireLifted, requireUnprotected } from '../../cli/protection';
import { renderMarkdown } from '../../review/report/markdown';
import { buildReport, type ReportInput } from '../../review/report/report';
import { renderTerminal } from '../../review/report/terminal';
import { readPlanFixture } from '../support/plan-fixtures';
import { PROTECTED } from '../support/protected';
import { reportInput } from '../support/report-input';
import { type Json, SMALLEST, topology } from '../support/synth';

const unprotected = topology(SMALLEST, 'bank');
const isProtected = topology(`${PROTECTED}${SMALLEST}`, 'bank');

/** An engine that has these volumes of the environment. */
function engineWith(...volumes: string[]): EnvironmentEngine {
  return { names: async () => volumes } as unknown as EnvironmentEngine;
}

test('what was applied as protected stays so when the file says otherwise, and the message says how it is lifted', async () => {
  const context = { topology: unprotected, engine: engineWith('bank-keystores', 'bank-protection') };
  await expect(requireLifted(context, 'make down')).rejects.toThrow(
    /bank is protected: it was applied with protected = true.*\n.*\n {2}make plan ENVIRONMENT=bank.*\n {2}make apply ENVIRONMENT=bank PLAN=.*\n.*"make down" again/,
  );
});

test('without the mark on the engine nothing is in the way', async () => {
  await requireLifted({ topology: unprotected, engine: engineWith('bank-keystores') }, 'make down');
});

test('an environment that is protected by its file, too, is applied as always, and never destroyed', async () => {
  await requireLifted({ topology: isProtected, engine: engineWith('bank-protection') }, 'make up');
  expect(() => requireUnprotected(isProtected, 'make down')).toThrow('protected = true in its configuration');
  expect(() => requireUnprotected(unprotected, 'make down')).not.toThrow();
});

describe('a plan that takes away the mark of protection', () => {
  /** A plan of the provider in which the mark goes as well. */
  function lifting(name: string): ReportInput {
    const changed = reportInput(readPlanFixture(name));
    const { plan } = changed.stacks.find((stack) => stack.name === 'bank-foundation') as Json;
    plan.resource_changes.push({
      address: 'docker_volume.protection',
      mode: 'managed',
      type: 'docker_volume',
      action_reason: 'delete_because_no_resource_config',
      change: { actions: ['delete'], before: { name: 'bank-protection' }, after: null },
    });
    return changed;
  }

  test('says so before anything else, and can be applied where nothing that holds data goes', () => {
    const report = buildReport(lifting('nothing-to-do'));
    expect(report).toMatchObject({ liftsProtection: true, dangers: [], refusals: [] });
    expect(report.availability.level).toBe('unaffected');
    const text = renderMarkdown(report);
    expect(text.indexOf('**The protection is lifted**')).toBeGreaterThan(0);
    expect(text.indexOf('**The protection is lifted**')).toBeLessThan(text.indexOf('**Availability:**'));
    expect(renderTerminal(report, false).split('\n')[1]).toContain('THE PROTECTION IS LIFTED');
    expect(text).toContain('make apply');
  });

  test.each(['protected-database-replaced', 'database-external', 'network-replaced'])(
    'cannot be applied where data goes, or what it needs: %s',
    (name) => {
      const report = buildReport(lifting(name));
      expect(report.liftsProtection).toBe(true);
      expect(report.dangers.length).toBeGreaterThan(0);
      expect(report.refusals).toContainEqual({
        stack: 'bank-foundation',
        message: expect.stringContaining('make two changes of it'),
      });
      expect(renderMarkdown(report)).not.toContain('make apply ENVIRONMENT');
    },
  );

  test('is no lifting where everything is to be destroyed, which is refused before it is planned', () => {
    expect(buildReport({ ...lifting('destroy'), destroy: true }).liftsProtection).toBe(false);
  });

  test('and no other plan, has the note', () => {
    expect(buildReport(reportInput(readPlanFixture('rolling-configuration'))).liftsProtection).toBe(false);
  });
});
