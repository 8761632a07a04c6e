import type { Rule, Violation } from '../rule';

export const imagePinned: Rule = {
  reason: 'what was reviewed is not what will run: a tag can be moved, "latest" is moved by definition',
  fix: 'name the image by digest, such as "nginx@sha256:…", in identity_server.image, database.image and load_balancer.image',
  check: ({ topology, stacks }) =>
    stacks.flatMap(({ name: stack, plan }) =>
      (plan.resource_changes ?? []).flatMap(({ type, address, change: { after } }): Violation[] => {
        if (type !== 'docker_image' || typeof after?.name !== 'string') return [];
        const { name } = after;
        if (name.includes('@sha256:')) return [];
        const tag = /:([^/:]+)$/.exec(name)?.[1];
        if (tag === undefined || tag === 'latest')
          return [{ stack, location: address, message: `${name} may be another image tomorrow` }];
        return topology.protected ? [{ stack, location: address, message: `${name} has no digest` }] : [];
      }),
    ),
};
