import { useOf } from '../engine-stats';
import type { Part } from '../measurements';
import { rotated, seconds } from '../statistics';
import { Ways } from '../ways';

const NODES = 2;
const PLANS = 3;

/** From nothing to serving, a plan without a change, and destroying, beside Compose and one Terraform stack. */
export const commands: Part = {
  name: 'commands',
  what: 'make up, make plan and make down beside Docker Compose and one Terraform stack',
  begin: async ({ engineHost }) => {
    const ways = await Ways.of(NODES);
    return {
      round: async (number, measurements) => {
        for (const way of rotated(ways.all, number)) {
          try {
            // What ends before all are healthy is waited for: served is served.
            const up = await seconds(async () => {
              await way.up();
              await ways.served();
            });
            measurements.add(`up ${way.name}`, up);
            for (let turn = 0; way.plan && turn <= PLANS; turn++) {
              const took = await seconds(way.plan);
              // The first one warms the file cache.
              if (turn > 0) measurements.add(`plan ${way.name}`, took);
            }
            if (way.name === 'ours') {
              for (const server of ways.servers) {
                const what = server.slice(ways.topology.environment.length + 1);
                measurements.add(`memory ${what}`, (await useOf(engineHost, server)).memoryMb);
              }
            }
            measurements.add(`down ${way.name}`, await seconds(way.down));
          } finally {
            await ways.remove();
          }
        }
      },
      end: () => ways.dispose(),
    };
  },
};
