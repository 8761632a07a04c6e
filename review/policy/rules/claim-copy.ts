import { about, plannedObjects } from '../pods';
import type { Rule } from '../rule';

export const claimCopy: Rule = {
  reason: 'what is in a claim is lost with its storage, and with the claim, unless there is a copy of it elsewhere',
  fix: 'use an existing database server with backups of its own (database.host or database.hosts), or say in a suppression who copies the claim',
  check: (input) => {
    const { topology } = input;
    if (!topology.protected) return [];
    const copied = Object.values(topology.volumes).filter(({ backedUp }) => backedUp);
    return plannedObjects(input)
      .filter(({ kind, name }) => kind === 'PersistentVolumeClaim' && !copied.some((volume) => volume.name === name))
      .map((claim) => ({
        stack: claim.stack,
        location: claim.address,
        message: about(claim, 'is copied by nothing that this project knows'),
      }));
  },
};
