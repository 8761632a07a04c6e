// Readiness routing for Nginx (njs). Every node is probed about once a second through Nginx's own verified TLS connection, and a
// request goes to a node only while its probes succeed. The state lives in a shared dictionary: all workers see it, and it
// survives a reload. A script costs a request as much as the rest of Nginx' work, so most requests do without: while all nodes are in
// rotation, a file says so and nginx.conf chooses by itself. The njs engine has no for…of and no destructuring, and gives each
// request the same Math.random.
import fs from 'fs';
import topology from 'topology.js';

// How many failed probes in a row take a node out of rotation. Silence may be a busy machine.
const ERRORS_TO_FALL = 1;
const SILENCES_TO_FALL = 2;
const SUCCESSES_TO_RISE = 2;
// A node to which no connection comes about so many times in a row is not there; nor does a drained one come back after them.
const FAILURES_TO_BE_GONE = 5;
// A drained node that never stops takes traffic again after this.
const DRAIN_EXPIRES_MS = 180000;

// How Nginx reports a refused and an unanswered connection.
const BAD_GATEWAY = 502;
const GATEWAY_TIMEOUT = 504;

function state() {
  return ngx.shared.nodes;
}

function isDraining(name) {
  const since = state().get(`draining:${name}`);
  return since !== undefined && Date.now() - Number(since) < DRAIN_EXPIRES_MS;
}

// Before the first probe nothing is known; passive failover covers a wrong guess.
function isInRotation(name) {
  return state().get(`rotation:${name}`) !== 'out' && !isDraining(name);
}

function count(key) {
  return Number(state().get(key) || 0);
}

function add(key) {
  const sum = count(key) + 1;
  state().set(key, String(sum));
  return sum;
}

// Where no node is in rotation, one that has started serves all the same, however long its health request fails: what both see
// alike, a directory that is down, a full pool, a frozen database, must not end a service that can still do something. Not one
// that is starting: its own 404 would reach the clients. "started" is unknown until a probe has said something about it.
function mayServe(name) {
  return (
    state().get(`started:${name}`) !== 'no' && count(`unreachable:${name}`) < FAILURES_TO_BE_GONE && !isDraining(name)
  );
}

function isSilent(name) {
  return state().get(`silent:${name}`) !== undefined;
}

function setRotation(name, rotation, reason) {
  if (state().get(`rotation:${name}`) === rotation) return;
  state().set(`rotation:${name}`, rotation);
  state().set(`since:${name}`, new Date().toISOString());
  state().set(`reason:${name}`, reason);
  ngx.log(ngx.WARN, `${name} is ${rotation === 'in' ? 'in' : 'out of'} rotation: ${reason}`);
}

// Tells nginx.conf whether all nodes are in rotation. Another worker may take a node out between the look and the writing, and find no
// file to remove: hence the second look. Where the file cannot be written, the script goes on choosing.
function publish() {
  forgetOtherNumbers();
  const all = () => topology.nodes.every(isInRotation);
  try {
    if (all()) {
      fs.writeFileSync(topology.allInRotation, '');
      if (all()) return;
    }
    fs.unlinkSync(topology.allInRotation);
  } catch (error) {
    // There is none.
  }
}

// After a reload with another number of nodes nobody keeps the file of the number before, which workers that are about to end still read,
// and a way back would. A node that comes back under its name is not the one that stopped: what was known of that one is forgotten now, and
// not when it left, as workers that are about to end may still send it requests. Once for each configuration: no variable of a script
// outlives its request.
function forgetOtherNumbers() {
  if (state().get('published') === topology.revision) return;
  topology.ofOtherNumbers.forEach((file) => {
    try {
      fs.unlinkSync(file);
    } catch (error) {
      // There is none.
    }
  });
  const before = state().get('nodes');
  const isNew = (name) => before !== undefined && topology.nodes.includes(name) && !before.split(' ').includes(name);
  state()
    .keys()
    .filter((key) => isNew(key.split(':')[1]))
    .forEach((key) => {
      state().delete(key);
    });
  state().set('nodes', topology.nodes.join(' '));
  state().set('published', topology.revision);
}

function reached(name) {
  state().delete(`unreachable:${name}`);
  state().delete(`silent:${name}`);
}

function succeeded(name) {
  reached(name);
  state().set(`started:${name}`, 'yes');
  state().delete(`failures:${name}`);
  const successes = add(`successes:${name}`);
  const first = state().get(`rotation:${name}`) === undefined;
  if (first || successes >= SUCCESSES_TO_RISE) setRotation(name, 'in', 'health request succeeds');
}

function failed(name, reason, failuresToFall) {
  state().delete(`successes:${name}`);
  const failures = add(`failures:${name}`);
  if (failures >= failuresToFall) setRotation(name, 'out', reason);
  if (failures >= FAILURES_TO_BE_GONE && isDraining(name)) stopped(name);
}

// When it comes back, the probes decide.
function stopped(name) {
  state().set(`started:${name}`, 'no');
  state().delete(`draining:${name}`);
}

function refused(name) {
  failed(name, `connection is refused (${BAD_GATEWAY})`, ERRORS_TO_FALL);
  stopped(name);
}

// Of a server whose past is unknown, only an error of its own shows that it has started: a starting one has no such page yet.
function answered(name, status) {
  reached(name);
  if (state().get(`started:${name}`) === undefined) state().set(`started:${name}`, status >= 500 ? 'yes' : 'no');
  failed(name, `health request is answered with ${status}`, ERRORS_TO_FALL);
}

function unanswered(name, connected) {
  state().set(`silent:${name}`, 'yes');
  if (connected) state().delete(`unreachable:${name}`);
  else add(`unreachable:${name}`);
  failed(name, `health request is not answered in time${connected ? '' : ', nor is a connection'}`, SILENCES_TO_FALL);
}

async function probe(name) {
  await ask(name);
  publish();
}

async function ask(name) {
  // njs ends a handler that is still waiting when its next turn comes: without this, silence would never be noticed. A connection
  // that does not come about is reported before that.
  if (state().get(`asked:${name}`) !== undefined) {
    unanswered(name, true);
    publish();
  }
  state().set(`asked:${name}`, 'yes');
  try {
    const reply = await ngx.fetch(`http://127.0.0.1:${topology.controlPort}/probe/${name}`);
    state().delete(`asked:${name}`);
    const status = reply.status;
    if (status === 200) succeeded(name);
    else if (status === GATEWAY_TIMEOUT) unanswered(name, reply.headers.get('X-Connect-Time') !== '-');
    else if (status === BAD_GATEWAY) refused(name);
    else answered(name, status);
  } catch (error) {
    state().delete(`asked:${name}`);
    failed(name, `health request failed: ${error.message}`, SILENCES_TO_FALL);
  }
}

// js_set $decided: the node that gets this request where not all are in rotation, or nothing when there is none. Says in $only_node whether
// there is no other.
function route(r) {
  let candidates = topology.nodes.filter(isInRotation);
  if (candidates.length === 0) candidates = topology.nodes.filter((name) => mayServe(name) && !isSilent(name));
  if (candidates.length === 0) candidates = topology.nodes.filter(mayServe);
  if (candidates.length === 0) return '';
  if (candidates.length === 1) r.variables.only_node = 'yes';
  if (topology.affinity && candidates.includes(r.variables.cookie_ISROUTE)) return r.variables.cookie_ISROUTE;
  return candidates[parseInt(r.variables.request_id.slice(0, 8), 16) % candidates.length];
}

// POST /drain/<node>: the node is about to stop. Nothing new is sent to it from now on.
function drain(r) {
  // What only follows a link must not take a node out.
  if (r.method !== 'POST') {
    r.headersOut.Allow = 'POST';
    r.return(405);
    return;
  }
  const name = r.uri.slice('/drain/'.length);
  state().set(`draining:${name}`, String(Date.now()));
  publish();
  ngx.log(ngx.WARN, `${name} is out of rotation: it is about to stop`);
  r.return(204);
}

// GET /status: what serves now and since when.
function status(r) {
  const nodes = topology.nodes.map((name) => ({
    name,
    rotation: isDraining(name) ? 'draining' : state().get(`rotation:${name}`) || 'unknown',
    since: state().get(`since:${name}`) || null,
    reason: state().get(`reason:${name}`) || null,
  }));
  r.headersOut['Content-Type'] = 'application/json';
  r.return(200, `${JSON.stringify({ revision: topology.revision, nodes })}\n`);
}

// js_periodic takes a function without arguments, one for each node.
export default {
  route,
  drain,
  status,
  probe1: () => probe(topology.nodes[0]),
  probe2: () => probe(topology.nodes[1]),
  probe3: () => probe(topology.nodes[2]),
  probe4: () => probe(topology.nodes[3]),
  probe5: () => probe(topology.nodes[4]),
  probe6: () => probe(topology.nodes[5]),
  probe7: () => probe(topology.nodes[6]),
  probe8: () => probe(topology.nodes[7]),
};
