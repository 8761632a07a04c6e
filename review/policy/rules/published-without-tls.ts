import { at, entries } from '../../plan/kubernetes-object';
import { blocks, forContainers, LOOPBACK } from '../containers';
import { about, anyOf, plannedObjects } from '../pods';
import type { PolicyInput, Rule, Violation } from '../rule';

export const publishedWithoutTls: Rule = {
  reason: 'other machines reach a port without TLS, or around the load balancer',
  fix: "publish the load balancer's ports alone, or bind to 127.0.0.1",
  check: anyOf(
    forContainers('all', ({ values }, { topology: { loadBalancer } }) =>
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
    publishedServices,
  ),
};

/** What clients outside of the cluster reach. */
function publishedServices(input: PolicyInput): Violation[] {
  const { containerName, httpPort, httpsPort } = input.topology.loadBalancer;
  return plannedObjects(input).flatMap((service) => {
    const type = at(service.object, 'spec', 'type');
    if (service.kind !== 'Service' || (type !== 'NodePort' && type !== 'LoadBalancer')) return [];
    return entries(at(service.object, 'spec', 'ports'))
      .map(({ port }) => Number(port))
      .filter((port) => service.name !== containerName || ![httpPort, httpsPort].includes(port))
      .map((port) => ({
        stack: service.stack,
        location: service.address,
        message: about(service, `publishes port ${port}, which is not the load balancer's HTTPS`),
      }));
  });
}
