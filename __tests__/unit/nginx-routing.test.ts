import { allInRotationFile, routeOfRequest, routingVariables } from '../../topology/nginx-routing';
import { type Directive, named, parseNginxConf } from '../support/nginx';

const nodesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `node-${index + 1}`, address: `10.9.8.${11 + index}` }));

const http = (count: number, affinity = true) => parseNginxConf(routingVariables({ nodes: nodesOf(count), affinity }));
const server = (count: number, affinity = true) => parseNginxConf(routeOfRequest({ nodes: nodesOf(count), affinity }));

/** What a map gives for a value: Nginx compares without regard to case. */
function mapped(directives: readonly Directive[], variable: string, value: string): string | undefined {
  const map = named(directives, 'map').find(({ args }) => args[1] === variable);
  const entries = (map?.block ?? []).map(({ name, args }) => [name, args[0]]);
  const entry = entries.find(([key]) => key !== 'default' && key === value.toLowerCase());
  return (entry ?? entries.find(([key]) => key === 'default'))?.[1];
}

test.each([2, 3, 7, 8])('%d nodes are drawn evenly', (count) => {
  const [draw] = named(http(count), 'split_clients');
  expect(draw?.args).toEqual(['$request_id', '$drawn']);
  const shares = (draw?.block ?? []).map(({ name, args }) => [Number.parseFloat(name), args[0]]);
  expect(shares.map(([, node]) => node)).toEqual(nodesOf(count).map(({ name }) => name));
  for (const [share] of shares.slice(0, -1)) expect(share).toBeCloseTo(100 / count, 1);
  expect(shares.at(-1)?.[0]).toBeNaN();
});

test('a browser stays on the node that its cookie names, and a forged cookie chooses nothing', () => {
  expect(mapped(http(3), '$wanted', 'node-2')).toBe('node-2');
  for (const forged of ['', 'node-4', 'node-1, node-2', '10.9.8.11:9446', 'default', 'hostnames', '$drawn']) {
    expect(mapped(http(3), '$wanted', forged)).toBe('$drawn');
  }
});

test('the script chooses where a node is out of rotation, and only there', () => {
  const [set, unless] = server(2);
  expect([set?.name, set?.args]).toEqual(['set', ['$route', '$wanted']]);
  expect([unless?.name, unless?.args.join(' ')]).toEqual(['if', `(!-f ${allInRotationFile(nodesOf(2))})`]);
  expect(unless?.block).toEqual([{ name: 'set', args: ['$route', '$decided'] }]);
});

test('another number of nodes, which a reload may bring, is never taken for all in rotation', () => {
  expect(allInRotationFile(nodesOf(2))).not.toBe(allInRotationFile(nodesOf(3)));
});

test('the cookie is for HTTPS only, hidden from scripts, and travels with cross-site SAML answers', () => {
  expect(named(server(2), 'add_header').map(({ args }) => args)).toEqual([['Set-Cookie', '$route_cookie', 'always']]);
  expect(mapped(http(2), '$cookie_of_route', 'node-1')?.split('; ').sort()).toEqual(
    ['HttpOnly', 'ISROUTE=$route', 'Path=/', 'SameSite=None', 'Secure'].sort(),
  );
});

test('the cookie is sent once: not to a client that has it, and not when nothing was chosen', () => {
  expect(mapped(http(2), '$route_cookie', 'node-1 node-1')).toBe('');
  expect(mapped(http(2), '$route_cookie', 'node-1 node-2')).toBe('$cookie_of_route');
  expect(mapped(http(2), '$route_cookie', 'node-1 ')).toBe('$cookie_of_route');
  expect(mapped(http(2), '$cookie_of_route', '')).toBe('');
});

test('switched off, every request is drawn and no cookie is set', () => {
  expect(named(http(2, false), 'map')).toEqual([]);
  expect(named(server(2, false), 'set').map(({ args }) => args)).toEqual([['$route', '$drawn']]);
  expect(named(server(2, false), 'add_header')).toEqual([]);
});
