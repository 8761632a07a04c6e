import { isObject } from '../../plan/plan-json';
import { forContainers } from '../containers';
import type { Rule } from '../rule';

export const logLimit: Rule = {
  reason: "the log fills the Docker host's disk",
  fix: 'set log_opts max-size and max-file',
  check: forContainers('all', ({ values }) => {
    const options = isObject(values.log_opts) ? values.log_opts : {};
    const limited = values.log_driver !== 'json-file' || (options['max-size'] && options['max-file']);
    return limited ? [] : ['its log grows without limit'];
  }),
};
