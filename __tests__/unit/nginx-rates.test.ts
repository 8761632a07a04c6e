import { DISTRIBUTIONS } from '../../catalogue/distributions';
import { type RateLimit, rateLimits, rateVariables } from '../../topology/nginx-rates';
import { named, parseNginxConf } from '../support/nginx';

const LIMIT: RateLimit = { perSecond: 10, networks: [], paths: DISTRIBUTIONS['wso2is-7.1.0'].guessablePaths };

const variables = (limit: RateLimit) => parseNginxConf(rateVariables(limit));

/** The path by which a request is counted; nothing where it is not. */
function counted(uri: string): string | undefined {
  const map = named(variables(LIMIT), 'map').find(({ args }) => args[0] === '$uri');
  return map?.block?.find(({ name }) => name.startsWith('~*') && new RegExp(name.slice(2), 'i').test(uri))?.args[0];
}

test('without a limit there is nothing of it', () => {
  expect([rateVariables(undefined), rateLimits(undefined)]).toEqual(['', '']);
});

// As Nginx has them: decoded, without double slashes and dots.
test.each([
  ['/oauth2/token', '/oauth2/token'],
  ['/oauth2/token/', '/oauth2/token'],
  ['/oauth2/token;x=1', '/oauth2/token'],
  ['/t/bank.example/oauth2/token', '/oauth2/token'],
  ['/t/bank.example/o/10084a8d/oauth2/token', '/oauth2/token'],
  ['/OAUTH2/TOKEN', '/oauth2/token'],
  ['/commonauth', '/commonauth'],
  ['/o/commonauth', '/commonauth'],
  ['/api/identity/auth/v1.1/authenticate', '/api/identity/auth/'],
  ['/services/AuthenticationAdmin', '/services/'],
])('%s is counted as %s', (uri, path) => {
  expect(counted(uri)).toBe(path);
});

test.each([
  '/',
  '/oauth2/token/.well-known/openid-configuration',
  '/oauth2/tokens',
  '/oauth2/introspect',
  '/oauth2/authorize',
  '/x/oauth2/token',
])('%s is not counted', (uri) => {
  expect(counted(uri)).toBeUndefined();
});

test('each address has a counter for each path, and five seconds at once', () => {
  const [zone] = named(variables(LIMIT), 'limit_req_zone');
  expect(zone?.args).toEqual(['$guesser_10', 'zone=guesser_10:4m', 'rate=10r/s']);
  const guesser = named(variables(LIMIT), 'map').find(({ args }) => args[1] === '$guesser');
  expect(guesser?.block?.map(({ name, args }) => [name, ...args])).toEqual([
    ['', ''],
    ['default', '$binary_remote_addr $guessed'],
  ]);
  expect(named(parseNginxConf(rateLimits(LIMIT)), 'limit_req').map(({ args }) => args)).toEqual([
    ['zone=guesser_10', 'burst=50', 'nodelay'],
  ]);
  expect(named(variables(LIMIT), 'limit_req_status')[0]?.args).toEqual(['429']);
});

test('a network with another rate is counted by that one alone', () => {
  const limit = { ...LIMIT, networks: [{ network: '10.1.0.0/16', perSecond: 200 }] };
  expect(named(variables(limit), 'geo')[0]?.block?.map(({ name, args }) => [name, ...args])).toEqual([
    ['default', '10'],
    ['10.1.0.0/16', '200'],
  ]);
  const groups = named(variables(limit), 'map').filter(({ args }) => args[0] === '$guess_rate');
  expect(
    groups.map(({ args, block }) => [args[1], block?.[0]?.name, block?.[0]?.args[0], block?.[1]?.args[0]]),
  ).toEqual([
    ['$guesser_10', '10', '$guesser', ''],
    ['$guesser_200', '200', '$guesser', ''],
  ]);
});
