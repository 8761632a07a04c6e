import type { Client } from '../client';
import { Broken, Skipped } from '../outcome';

const CONSENTS = '/api/fs/consent/manage/account-access-consents';
/** Whose consent it is; any text will do. */
const HEADERS = { 'x-wso2-client-id': 'acceptance' };
const DAY_MS = 86_400_000;

/** Asks for a consent to accounts. @returns its id. @throws Skipped where the administrator lacks the accelerator's role */
export async function createConsent(admin: Client): Promise<string> {
  const at = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
  const json = {
    Data: {
      Permissions: ['ReadAccountsBasic'],
      ExpirationDateTime: at(1),
      TransactionFromDateTime: at(-1),
      TransactionToDateTime: at(0),
    },
    Risk: {},
  };
  const answer = await admin.post(CONSENTS, { headers: HEADERS, json });
  if (answer.status === 403) throw new Skipped('the administrator has not the role OBInternalApiAccessRole');
  const { ConsentId } = answer.expect(201).json<{ Data?: { ConsentId?: string } }>().Data ?? {};
  if (ConsentId === undefined) throw new Broken(`${answer.request} gave no ConsentId`);
  return ConsentId;
}

/** Status of a consent, such as `AwaitingAuthorisation`. */
export async function consentStatus(admin: Client, id: string): Promise<string | undefined> {
  const answer = (await admin.get(`${CONSENTS}/${id}`, { headers: HEADERS })).expect(200);
  return answer.json<{ Data?: { Status?: string } }>().Data?.Status;
}

export async function revokeConsent(admin: Client, id: string): Promise<void> {
  (await admin.send(`${CONSENTS}/${id}`, { method: 'DELETE', headers: HEADERS })).expect(204);
}
