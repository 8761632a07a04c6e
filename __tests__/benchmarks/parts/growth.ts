import { useOf } from '../engine-stats';
import type { Measurements, Part } from '../measurements';
import { rotated, seconds } from '../statistics';
import { Ways } from '../ways';

/** How many nodes environments have here; up to the most that one may have. */
export const SIZES = [2, 4, 6, 8] as const;

/** What more nodes cost: each size is created from nothing, planned without a change, and destroyed. */
export const growth: Part = {
  name: 'growth',
  what: `the same commands for ${SIZES.join(', ')} nodes`,
  begin: async ({ engineHost }) => ({
    round: async (number, measurements) => {
      for (const size of rotated(SIZES, number)) await measure(size, engineHost, measurements);
    },
    end: async () => undefined,
  }),
};

async function measure(size: number, engineHost: string, measurements: Measurements): Promise<void> {
  const ways = await Ways.of(size);
  const [ours] = ways.all;
  try {
    measurements.add(`up ${size}`, await seconds(ours.up));
    await ours.plan?.();
    measurements.add(`plan ${size}`, await seconds(async () => ours.plan?.()));
    let memoryMb = 0;
    for (const server of ways.servers) memoryMb += (await useOf(engineHost, server)).memoryMb;
    measurements.add(`memory ${size}`, memoryMb);
    measurements.add(`down ${size}`, await seconds(ours.down));
  } finally {
    await ways.dispose();
  }
}
