import { type Check, LOOK } from '../check';
import { applicationStatus, deleteApplication } from '../product/applications';
import { remove, USERS } from '../product/directory';
import { askForTokens, clientToken, introspect, newScope, userTokens } from '../product/tokens';

export const check: Check = {
  id: 'C7',
  promise: 'What is deleted on one node is gone on every node within 5 s',
  does: 'lets B see user, application and tokens, deletes both through A, and asks B for all of them',
  needs: ['openid', 'management', 'affinity'],
  makes: ['two applications', 'a user', 'tokens'],
  look: LOOK.cluster,
  provenBy: ['stale:application', 'stale:token', 'stale:user'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const observer = await lab.application(a);
    const user = await lab.user(a);
    const [adminA, adminB, atB] = [lab.admin(a), lab.admin(b), lab.client(b)];
    const { access_token: token } = await userTokens(atB, app, user);
    await introspect(atB, observer, token);
    await clientToken(atB, app);
    (await adminB.get(`${USERS}/${user.id}`)).expect(200);
    await applicationStatus(adminB, app.id);

    await remove(adminA, `${USERS}/${user.id}`);
    await lab.within(`the deleted user is gone on ${b}`, async () =>
      (await adminB.get(`${USERS}/${user.id}`)).status === 404 ? undefined : `${b} has a user that ${a} has deleted`,
    );
    await lab.within(`the deleted user's token is dead on ${b}`, async () =>
      (await introspect(atB, observer, token)).active ? `a token of a deleted user is active on ${b}` : undefined,
    );
    await deleteApplication(adminA, app.id);
    await lab.within(`the deleted application is gone on ${b}`, async () => {
      const form = { grant_type: 'client_credentials', scope: newScope() };
      if ((await askForTokens(atB, app, form)).status === 200)
        return `${b} serves an application that ${a} has deleted`;
      return (await applicationStatus(adminB, app.id)) === 404
        ? undefined
        : `${b} lists an application that ${a} deleted`;
    });
  },
};
