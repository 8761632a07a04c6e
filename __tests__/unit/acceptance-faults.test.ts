import { allChecks, selectChecks } from '../../acceptance/checks';
import { type Result, runChecks } from '../../acceptance/run';
import { type StandInPair, standInPair } from '../stand-in/pair';

describe('the last node that serves', () => {
  let pair: StandInPair;
  let taken: string[];
  beforeEach(async () => {
    pair = await standInPair();
    taken = [];
  });
  afterEach(() => pair.close());

  const run = async (
    id: string,
    signal?: AbortSignal,
    onFault = (_node: string) => {},
  ): Promise<Result | undefined> => {
    const recorded = (fault: 'stop' | 'kill' | 'freeze') => async (node: string) => {
      taken.push(node);
      onFault(node);
      await pair.operator[fault](node);
    };
    const operator = {
      stop: recorded('stop'),
      kill: recorded('kill'),
      freeze: recorded('freeze'),
      // As a real node, which is not there at once.
      start: async (node: string) => {
        if (!signal?.aborted) await pair.operator.start(node);
      },
    };
    const options = { prefix: 'aa-faults-', emailUsernames: false, clients: 2, calmSeconds: 0.1, signal, operator };
    const results = await runChecks(pair.target, selectChecks(allChecks(), id), options);
    return results.find((result) => result.id === id);
  };

  test.each(['R1', 'F1', 'F2', 'F3'])(
    'is not taken away by %s after Ctrl-C, while the other one starts',
    async (id) => {
      const interruption = new AbortController();
      const result = await run(id, interruption.signal, () => interruption.abort('SIGINT'));
      expect(result).toMatchObject({ outcome: 'unclear', detail: 'the run was interrupted' });
      expect(taken).toEqual(['node-1']);
    },
  );

  test('is not taken away where the other one was lost under load', async () => {
    const operator = { ...pair.operator, stop: async (node: string) => void taken.push(node) };
    const options = { prefix: 'aa-loss-', emailUsernames: false, clients: 2, calmSeconds: 1, operator };
    const running = runChecks(pair.target, selectChecks(allChecks(), 'R1'), options);
    setTimeout(() => pair.nodes.delete('node-2'), 500);
    const result = (await running).find(({ id }) => id === 'R1');
    expect(result).toMatchObject({
      outcome: 'unclear',
      detail: 'node-1 was left alone, as node-2 takes no traffic: "make status" says why',
    });
    expect(taken).toEqual([]);
  });
});
