/**
 * The floors of the house, from the ground up; the only place where their order stands. A file may use what is on a floor below its
 * own, or in its own room; never what is above, nor a neighbour on the same floor.
 */
const FLOORS = [
  ['catalogue', 'images', 'runtime', 'acceptance'],
  ['environment'],
  ['topology'],
  ['constructs', 'review/plan'],
  ['review/policy'],
  ['review/diagram'],
  ['review/report'],
  ['cli/setup'],
  ['cli/cluster'],
  ['cli', 'main.ts'],
  ['tools'],
  ['__tests__'],
];

const ROOMS = FLOORS.flatMap((rooms, floor) => rooms.map((room) => ({ room, floor })));

/** Files of a room without those of rooms inside it. */
function filesOf(room) {
  const inside = ROOMS.map((other) => other.room).filter((other) => other.startsWith(`${room}/`));
  return { path: `^${room}(/|$)`, ...(inside.length > 0 && { pathNot: inside.map((other) => `^${other}/`) }) };
}

const upwards = ROOMS.filter(({ floor }) => floor < FLOORS.length - 1).map(({ room, floor }) => ({
  name: `floor-of-${room.replace('/', '-')}`,
  comment: `${room} may use only what is on a floor below it: dependency-cruiser.config.js has the order`,
  severity: 'error',
  from: filesOf(room),
  to: {
    path: ROOMS.filter((other) => other.room !== room && other.floor >= floor).map((other) => `^${other.room}(/|$)`),
    // A room on a floor below may lie inside one above, as cli/setup in cli.
    pathNot: [room, ...ROOMS.filter((other) => other.floor < floor).map((other) => other.room)].map(
      (each) => `^${each}/`,
    ),
  },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...upwards,
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'topology-reads-no-file',
      comment: 'what a topology needs from files is handed to it: environment/assets.ts',
      severity: 'error',
      from: { path: '^topology/' },
      to: { path: '^(node:)?(fs|fs/promises|child_process|os|net|http|https)$' },
    },
    {
      name: 'every-room-has-a-floor',
      severity: 'error',
      from: { path: '\\.ts$', pathNot: ROOMS.map(({ room }) => `^${room}(/|$)`) },
      to: {},
    },
  ],
  options: {
    exclude: { path: '(^|/)(node_modules|cdktf\\.out|build|state)/|config\\.js$' },
    tsPreCompilationDeps: true,
  },
};
