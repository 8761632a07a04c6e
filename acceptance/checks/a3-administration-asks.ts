import type { Check } from '../check';
import { expectThat } from '../outcome';
import { newPassword } from '../product/directory';

export const check: Check = {
  id: 'A3',
  promise: 'Administration asks who you are, on every node',
  does: "asks A for the own account without credentials, with a wrong password and with the administrator's",
  needs: ['affinity'],
  look: 'resource access control in deployment.toml of that node, and "make credentials"',
  provenBy: ['open-admin'],
  async run(lab, a) {
    const PATH = '/scim2/Me';
    const { username } = lab.target.administrator;
    const nobody = await lab.client(a).get(PATH);
    expectThat(nobody.status === 401, `${nobody.request} without credentials was answered with ${nobody.status}`);
    const wrong = await lab
      .client(a)
      .get(PATH, { basic: { username: `${username}-acceptance`, password: newPassword() } });
    expectThat(wrong.status === 401, `${wrong.request} with a wrong password was answered with ${wrong.status}`);
    (await lab.admin(a).get(PATH)).expect(200);
  },
};
