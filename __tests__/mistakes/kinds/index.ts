import type { Mistake } from '../mistake';
import { changeMistakes } from './changes';
import { containerMistakes } from './containers';
import { fileMistakes } from './files';
import { planMistakes } from './plans';
import { secretMistakes } from './secrets';
import { volumeMistakes } from './volumes';

/** The whole suite, in the order in which it runs. Every mistake is made with a healthy pair and leaves one. */
export const MISTAKES: readonly Mistake[] = [
  fileMistakes.wrongName,
  fileMistakes.renamed,
  fileMistakes.lostState,
  fileMistakes.brokenNeighbour,
  fileMistakes.noEngine,
  fileMistakes.unprotected,
  planMistakes.twoAtOnce,
  planMistakes.tampered,
  planMistakes.old,
  planMistakes.interrupted,
  containerMistakes.killedNode,
  containerMistakes.removedNode,
  containerMistakes.removedLoadBalancer,
  containerMistakes.removedDatabase,
  containerMistakes.everythingStopped,
  containerMistakes.takenPort,
  containerMistakes.brokenNginx,
  containerMistakes.editedNode,
  volumeMistakes.pruned,
  volumeMistakes.prunedVolumes,
  volumeMistakes.fullDatabase,
  secretMistakes.imports,
  secretMistakes.certificate,
  changeMistakes.hostName,
  changeMistakes.memory,
  changeMistakes.nodes,
];
