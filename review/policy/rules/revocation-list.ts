import { endOfList, revocationsIn } from '../../../environment/revocations';
import { REVOCATIONS_FILE } from '../../../topology/load-balancer-configuration';
import type { Attributes } from '../../plan/plan-json';
import { blocks } from '../containers';
import type { Rule, Violation } from '../rule';

export const revocationList: Rule = {
  reason: 'Nginx does not believe a list of revoked certificates that has ended, and refuses every client certificate',
  fix: 'put the newest list of the authority into load_balancer.client_certificates.crl_file',
  check: ({ stacks }) =>
    stacks.flatMap(({ name: stack, plan }) =>
      (plan.resource_changes ?? []).flatMap(({ type, address, change: { before, after } }): Violation[] => {
        if (type !== 'docker_container' || !after) return [];
        const lists = listsIn(after);
        // What is there already is the status's to tell: it must not keep anybody from anything else.
        if (lists === undefined || (before && listsIn(before) === lists)) return [];
        return revocationsIn(lists).flatMap((list) => {
          const end = endOfList(list);
          return end?.ended ? [{ stack, location: address, message: end.text }] : [];
        });
      }),
    ),
};

/** The lists that a job installs. */
function listsIn({ upload }: Attributes): string | undefined {
  const file = blocks(upload).find((each) => String(each.file).endsWith(`/${REVOCATIONS_FILE}`));
  return typeof file?.content === 'string' ? file.content : undefined;
}
