import { blocks, forContainers, LOOPBACK } from '../containers';
import type { Rule } from '../rule';

export const publishedWithoutTls: Rule = {
  reason: 'other machines reach a port without TLS, or around the load balancer',
  fix: "publish the load balancer's ports alone, or bind to 127.0.0.1",
  check: forContainers('all', ({ values }, { topology: { loadBalancer } }) =>
    blocks(values.ports).flatMap(({ ip, external, internal }) => {
      const address = typeof ip === 'string' && ip !== '' ? ip : '0.0.0.0';
      const isBalancer = values.name === loadBalancer.containerName;
      // Over the HTTP port the load balancer answers with nothing but a redirect to HTTPS.
      if (
        LOOPBACK.test(address) ||
        (isBalancer && [loadBalancer.httpPort, loadBalancer.httpsPort].includes(Number(internal)))
      )
        return [];
      return [`publishes ${address}:${external}, which is not the load balancer's HTTPS`];
    }),
  ),
};
