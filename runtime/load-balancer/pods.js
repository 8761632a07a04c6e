// For nodes that are pods, whose addresses nobody knows beforehand: only a node itself may take itself out of rotation, and who that is says
// the address at which its probes are answered. The name that leads there is the cluster's, which no pod can give to another. With routing.js.
import routing from 'routing.js';

// js_header_filter of the probes: where the node was asked.
function noteAddress(r) {
  const name = r.uri.slice('/probe/'.length);
  const asked = r.variables.upstream_addr;
  if (asked) ngx.shared.nodes.set(`address:${name}`, asked.slice(0, asked.lastIndexOf(':')).replace(/[[\]]/g, ''));
}

// POST /drain/<node>
function drain(r) {
  if (ngx.shared.nodes.get(`address:${r.uri.slice('/drain/'.length)}`) !== r.remoteAddress) {
    r.return(403);
    return;
  }
  routing.drain(r);
}

export default { noteAddress, drain };
