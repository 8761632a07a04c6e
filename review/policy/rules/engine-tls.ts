import { namesPortWithoutTls } from '../../../environment/engine-host';
import type { Rule } from '../rule';

export const engineTls: Rule = {
  reason: 'whoever reaches a Docker Engine without TLS is root on its machine',
  fix: 'set engine.host to ssh://…, or to tcp://…:2376 with certificates in DOCKER_CERT_PATH',
  check: ({ topology: { engineHost = '' } }) =>
    namesPortWithoutTls(engineHost)
      ? [{ location: 'engine.host', message: `${engineHost} is the port of an engine without TLS` }]
      : [],
};
