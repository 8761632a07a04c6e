import { randomBytes } from 'node:crypto';
import { type Answer, parameter } from '../answer';
import type { Client } from '../client';
import { Broken } from '../outcome';
import type { Credentials } from '../target';
import type { Application } from './applications';

/** BasicAuthenticator, as the interface for apps names it. */
const BASIC_AUTHENTICATOR = 'QmFzaWNBdXRoZW50aWNhdG9yOkxPQ0FM';

/** Path of an authorization request. */
export function authorizationPath(app: Application, further: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: app.clientId,
    redirect_uri: app.callback,
    scope: 'openid',
    state: randomBytes(6).toString('hex'),
    nonce: randomBytes(6).toString('hex'),
    ...further,
  });
  return `/oauth2/authorize?${query}`;
}

/** Begins a log-in and reads its page. @returns the key of the log-in */
export async function beginLogin(browser: Client, app: Application): Promise<string> {
  const redirect = (await browser.get(authorizationPath(app))).expect(302);
  const page = (await browser.get(redirect.location)).expect(200);
  const key =
    parameter(redirect.location, 'sessionDataKey') ??
    /name="sessionDataKey"[^>]*value="([^"]+)"/i.exec(page.body)?.[1] ??
    /value="([^"]+)"[^>]*name="sessionDataKey"/i.exec(page.body)?.[1];
  if (key === undefined) throw new Broken(`the log-in began without a sessionDataKey at ${pathOf(redirect.location)}`);
  return key;
}

/** Sends name and password. @returns the address that goes on with the log-in */
export async function sendPassword(browser: Client, key: string, user: Credentials): Promise<string> {
  const answer = (await browser.post('/commonauth', { form: { ...user, sessionDataKey: key } })).expect(302);
  if (/authFailure=true/.test(answer.location)) {
    throw new Broken(`the log-in was refused at ${pathOf(answer.location)}, although name and password are right`);
  }
  return answer.location;
}

/** @returns the code at the end of a log-in */
export async function finishLogin(browser: Client, address: string, app: Application): Promise<string> {
  return codeIn((await browser.get(address)).expect(302), app);
}

export async function logIn(browser: Client, app: Application, user: Credentials): Promise<string> {
  return finishLogin(browser, await sendPassword(browser, await beginLogin(browser, app), user), app);
}

/** Asks for a code without a page. @returns the answer's address: with a code, or with the error `login_required` */
export async function askSilently(browser: Client, app: Application): Promise<string> {
  return (await browser.get(authorizationPath(app, { prompt: 'none' }))).expect(302).location;
}

export function codeIn(answer: Answer, { callback }: Application): string {
  const code = answer.location.startsWith(callback) ? parameter(answer.location, 'code') : undefined;
  if (code !== undefined) return code;
  const error = parameter(answer.location, 'error') ?? parameter(answer.location, 'oauthErrorCode');
  throw new Broken(
    `${answer.request} gave no code, but went to ${pathOf(answer.location)}${error ? ` (${error})` : ''}`,
  );
}

export async function logOut(browser: Client, app: Application, idToken: string): Promise<void> {
  const query = new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: app.callback });
  const answer = await browser.get(`/oidc/logout?${query}`);
  answer.expect(302);
  // With a consent page of its own, the answer to that ends the session.
  if (!answer.location.startsWith(app.callback)) await browser.open(answer.location);
}

/** A log-in of an app, without pages and cookies. @returns the flow's id */
export async function beginAppLogin(client: Client, app: Application): Promise<string> {
  const query = new URLSearchParams(authorizationPath(app, { response_mode: 'direct' }).split('?')[1]);
  const answer = await client.post('/oauth2/authorize', { form: Object.fromEntries(query) });
  const { flowId } = answer.expect(200).json<{ flowId?: string }>();
  if (flowId === undefined) throw new Broken(`${answer.request} began no log-in for apps: there is no flowId`);
  return flowId;
}

/** @returns the code */
export async function finishAppLogin(client: Client, flowId: string, user: Credentials): Promise<string> {
  const params = { username: user.username, password: user.password };
  const selectedAuthenticator = { authenticatorId: BASIC_AUTHENTICATOR, params };
  const answer = await client.post('/oauth2/authn', { json: { flowId, selectedAuthenticator } });
  const { flowStatus, authData } = answer.expect(200).json<{ flowStatus?: string; authData?: { code?: string } }>();
  if (flowStatus !== 'SUCCESS_COMPLETED' || authData?.code === undefined) {
    throw new Broken(`${answer.request} ended with ${flowStatus} instead of SUCCESS_COMPLETED`);
  }
  return authData.code;
}

function pathOf(address: string): string {
  return address === '' ? 'nowhere' : (address.split('?')[0] as string);
}
