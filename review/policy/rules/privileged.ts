import { blocks, forContainers, texts } from '../containers';
import type { Rule } from '../rule';

/** Capabilities with which a job may hand files to their readers. */
const JOB_CAPABILITIES = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER'];

export const privileged: Rule = {
  reason: 'somebody who breaks into the container gets more of the host than it needs',
  fix: 'drop ALL capabilities, set no-new-privileges, and leave privileged off',
  check: forContainers('all', ({ values, job }) => {
    const capabilities = blocks(values.capabilities)[0];
    const added = texts(capabilities?.add).filter((name) => !job || !JOB_CAPABILITIES.includes(name));
    return [
      ...(values.privileged === true ? ['is privileged'] : []),
      ...(texts(capabilities?.drop).includes('ALL') ? [] : ['keeps the default capabilities']),
      ...(added.length > 0 ? [`gets ${added.join(', ')}`] : []),
      ...(texts(values.security_opts).some((option) => option.startsWith('no-new-privileges'))
        ? []
        : ['can gain privileges by a set-uid program']),
    ];
  }),
};
