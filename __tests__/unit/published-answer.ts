import type { Published } from '../../cli/published/published';

/** What a client sees of an environment that serves. @param change what is different */
export function publishedAnswer(change: Partial<Published> = {}): Published {
  return {
    url: 'https://is.bank.test',
    served: true,
    addresses: ['10.0.0.1:443'],
    askedFrom: 'this machine',
    reason: null,
    unreachable: false,
    certificate: null,
    notes: [],
    ...change,
  };
}
