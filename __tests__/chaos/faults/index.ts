import type { Fault } from '../fault';
import { attackFaults } from './attack';
import { changeFaults } from './change';
import { databaseFaults, freezeDatabase } from './database';
import { ENGINE_FAULTS } from './engine';
import { FAILOVERS } from './failover';
import { corruptKeystores } from './keystores';
import { loadBalancerFaults } from './load-balancer';
import { freeze, nodeFaults } from './node';
import { sharedFaults } from './shared';
import { signingKeyRotation } from './signing-key';

/** What is done to one pair, in this order. Every fault starts from a healthy pair and leaves one. */
export const FAULTS: readonly Fault[] = [
  nodeFaults.killFirst,
  nodeFaults.killSecond,
  nodeFaults.killBoth,
  freeze(30),
  nodeFaults.standstill,
  nodeFaults.stuck,
  nodeFaults.stop,
  nodeFaults.disconnect,
  nodeFaults.fullDisk,
  databaseFaults.kill,
  databaseFaults.restart,
  freezeDatabase(20),
  freezeDatabase(600),
  databaseFaults.nodeBeforeDatabase,
  sharedFaults.secondaryStore,
  sharedFaults.primaryStore,
  sharedFaults.poolOfOne,
  sharedFaults.poolOfBoth,
  sharedFaults.addedStore,
  loadBalancerFaults.kill,
  loadBalancerFaults.killWithoutNode,
  loadBalancerFaults.poison,
  loadBalancerFaults.reloads,
  attackFaults.holding,
  attackFaults.limited,
  changeFaults.twoRolls,
  changeFaults.killedApply,
  changeFaults.brokenImage,
  changeFaults.certificates,
  signingKeyRotation,
  corruptKeystores,
  loadBalancerFaults.newImage,
];

/** The whole suite. The failovers need a pair with two database servers, those of the engine an engine of their own. */
export const ALL_FAULTS: readonly Fault[] = [...FAULTS, ...FAILOVERS, ...ENGINE_FAULTS];

/** What every test run does: the faults that are likeliest and those that the rest is built on. */
export const SHORT: readonly Fault[] = [
  nodeFaults.killBoth,
  freeze(10),
  nodeFaults.disconnect,
  loadBalancerFaults.kill,
  freezeDatabase(10),
  sharedFaults.secondaryStore,
  sharedFaults.poolOfBoth,
  loadBalancerFaults.poison,
  corruptKeystores,
];
