// Readiness routing for Nginx (njs). Every node is probed about once a second through Nginx's own verified TLS connection, and a
// request goes to a node only while its probes succeed. The state lives in a shared dictionary: all workers see it, and it
// survives a reload. The njs engine has no for…of and no destructuring, and gives each request the same Math.random.
import topology from 'topology.js';

// How many failed probes in a row take a node out of rotation. Silence may be a busy machine.
const ERRORS_TO_FALL = 1;
const SILENCES_TO_FALL = 2;
// Where no node is in rotation, one that has failed fewer times than this serves all the same: a busy node's 503 while the other
// one is dead must not be an outage. A refused connection counts for all of them.
const FAILURES_TO_GIVE_UP = 5;
const SUCCESSES_TO_RISE = 2;
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

function failuresOf(name) {
  return Number(state().get(`failures:${name}`) || 0);
}

// Perhaps slow, perhaps just back: better than nobody.
function mayServe(name) {
  return failuresOf(name) < FAILURES_TO_GIVE_UP && !isDraining(name);
}

function setRotation(name, rotation, reason) {
  if (state().get(`rotation:${name}`) === rotation) return;
  state().set(`rotation:${name}`, rotation);
  state().set(`since:${name}`, new Date().toISOString());
  state().set(`reason:${name}`, reason);
  ngx.log(ngx.WARN, `${name} is ${rotation === 'in' ? 'in' : 'out of'} rotation: ${reason}`);
}

function succeeded(name) {
  state().delete(`failures:${name}`);
  const successes = Number(state().get(`successes:${name}`) || 0) + 1;
  state().set(`successes:${name}`, String(successes));
  const first = state().get(`rotation:${name}`) === undefined;
  if (first || successes >= SUCCESSES_TO_RISE) setRotation(name, 'in', 'health request succeeds');
}

function failed(name, reason, failuresToFall, weight) {
  state().delete(`successes:${name}`);
  const failures = failuresOf(name) + weight;
  state().set(`failures:${name}`, String(failures));
  if (failures < failuresToFall) return;
  setRotation(name, 'out', reason);
  // It has stopped; when it comes back, the probes decide.
  if (failures >= FAILURES_TO_GIVE_UP) state().delete(`draining:${name}`);
}

function unanswered(name) {
  failed(name, 'health request is not answered in time', SILENCES_TO_FALL, 1);
}

async function probe(name) {
  // njs ends a handler that is still waiting when its next turn comes: without this, silence would never be noticed.
  if (state().get(`asked:${name}`) !== undefined) unanswered(name);
  state().set(`asked:${name}`, 'yes');
  try {
    const reply = await ngx.fetch(`http://127.0.0.1:${topology.controlPort}/probe/${name}`);
    state().delete(`asked:${name}`);
    const status = reply.status;
    if (status === 200) succeeded(name);
    else if (status === GATEWAY_TIMEOUT) unanswered(name);
    else if (status === BAD_GATEWAY)
      failed(name, `connection is refused (${status})`, ERRORS_TO_FALL, FAILURES_TO_GIVE_UP);
    else failed(name, `health request is answered with ${status}`, ERRORS_TO_FALL, 1);
  } catch (error) {
    state().delete(`asked:${name}`);
    failed(name, `health request failed: ${error.message}`, SILENCES_TO_FALL, 1);
  }
}

// js_set $route: the node that gets this request, or nothing when there is none.
function route(r) {
  let candidates = topology.nodes.filter(isInRotation);
  if (candidates.length === 0) candidates = topology.nodes.filter(mayServe);
  if (candidates.length === 0) return '';
  if (topology.affinity && candidates.includes(r.variables.cookie_ISROUTE)) return r.variables.cookie_ISROUTE;
  return candidates[parseInt(r.variables.request_id.slice(0, 8), 16) % candidates.length];
}

// js_set $route_cookie: the affinity cookie, only where the client's differs.
function routeCookie(r) {
  const chosen = r.variables.route;
  if (!topology.affinity || chosen === '' || r.variables.cookie_ISROUTE === chosen) return '';
  // SAML and form_post answers come back cross-site, so the cookie must travel with them.
  return `ISROUTE=${chosen}; Path=/; Secure; HttpOnly; SameSite=None`;
}

// POST /drain/<node>: the node is about to stop. Nothing new is sent to it from now on.
function drain(r) {
  const name = r.uri.slice('/drain/'.length);
  state().set(`draining:${name}`, String(Date.now()));
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
  routeCookie,
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
