import { blocks, forContainers, texts } from '../containers';
import type { Rule } from '../rule';

export const healthCheck: Rule = {
  reason: 'without a health check that is waited for, the next node is stopped while this one does not serve yet',
  fix: 'declare healthcheck, and wait = true',
  check: forContainers('long-running', ({ values }) => {
    const [test = 'NONE'] = texts(blocks(values.healthcheck)[0]?.test);
    if (test === 'NONE') return ['has no health check'];
    return values.wait === true ? [] : ['the apply does not wait until it is healthy'];
  }),
};
