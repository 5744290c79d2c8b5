// A provider for tests: provider.mjs PORT CLIENT_ID SECRET REDIRECT_URI GROUPS_FILE
// Whoever types a name into its pages is that person, in the groups that the file lists.
import { readFile } from 'node:fs/promises';
import { Provider } from 'oidc-provider';

const [port, clientId, secret, redirectUri, groupsFile] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: clientId,
    client_secret: secret,
    redirect_uris: [redirectUri],
    require_auth_time: true,
  }],
  claims: {
    openid: ['sub'],
    profile: ['name', 'preferred_username'],
    groups: ['groups'],
  },
  scopes: ['openid', 'profile', 'groups'],
  cookies: { keys: ['for tests'] },
  async findAccount(_ctx, id) {
    return {
      accountId: id,
      async claims() {
        return {
          sub: id,
          name: `Somebody called ${id}`,
          preferred_username: `${id}@corp.example`,
          groups: JSON.parse(await readFile(groupsFile, 'utf8')),
        };
      },
    };
  },
});

provider.listen(Number(port), '127.0.0.1', () => console.log(issuer));
