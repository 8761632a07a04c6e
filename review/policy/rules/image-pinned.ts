import type { Topology } from '../../../topology/topology';
import { anyOf, forPodContainers } from '../pods';
import type { PolicyInput, Rule, Violation } from '../rule';

export const imagePinned: Rule = {
  reason: 'what was reviewed is not what will run: a tag can be moved, "latest" is moved by definition',
  fix: 'name the image by digest, such as "nginx@sha256:…", in identity_server.image, database.image and load_balancer.image',
  check: (input) =>
    anyOf(
      ofImages,
      forPodContainers('all', ({ image }) => {
        const message = problemOf(String(image), input.topology);
        return message === undefined ? [] : [message];
      }),
    )(input),
};

function ofImages({ topology, stacks }: PolicyInput): Violation[] {
  return stacks.flatMap(({ name: stack, plan }) =>
    (plan.resource_changes ?? []).flatMap(({ type, address, change: { after } }): Violation[] => {
      if (type !== 'docker_image' || typeof after?.name !== 'string') return [];
      const message = problemOf(after.name, topology);
      return message === undefined ? [] : [{ stack, location: address, message }];
    }),
  );
}

/** What is wrong with an image's name; undefined where nothing is. */
function problemOf(name: string, topology: Topology): string | undefined {
  if (name.includes('@sha256:')) return undefined;
  const tag = /:([^/:]+)$/.exec(name)?.[1];
  if (tag === undefined || tag === 'latest') return `${name} may be another image tomorrow`;
  return topology.protected ? `${name} has no digest` : undefined;
}
