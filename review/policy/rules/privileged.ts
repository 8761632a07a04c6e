import { at } from '../../plan/kubernetes-object';
import { blocks, forContainers, texts } from '../containers';
import { anyOf, forPodContainers } from '../pods';
import type { Rule } from '../rule';

/** Capabilities with which a job may hand files to their readers. */
const JOB_CAPABILITIES = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER'];

export const privileged: Rule = {
  reason: 'somebody who breaks into the container gets more of the host than it needs',
  fix: 'drop ALL capabilities, set no-new-privileges (of a pod allowPrivilegeEscalation = false and a seccompProfile), and leave privileged off',
  check: anyOf(
    forContainers('all', ({ values, job }) => {
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
    forPodContainers('all', ({ securityContext }, { pod }) => {
      const added = texts(at(securityContext, 'capabilities', 'add'));
      const profile =
        at(securityContext, 'seccompProfile', 'type') ?? at(pod.securityContext, 'seccompProfile', 'type');
      return [
        ...(at(securityContext, 'privileged') === true ? ['is privileged'] : []),
        ...(texts(at(securityContext, 'capabilities', 'drop')).includes('ALL')
          ? []
          : ['keeps the default capabilities']),
        ...(added.length > 0 ? [`gets ${added.join(', ')}`] : []),
        ...(at(securityContext, 'allowPrivilegeEscalation') === false
          ? []
          : ['can gain privileges by a set-uid program']),
        ...(profile === 'RuntimeDefault' || profile === 'Localhost' ? [] : ['may use every system call']),
      ];
    }),
  ),
};
