// The authorization server: oidc-provider, told by its environment where it is and whom it knows.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { MODULES, PORT, JWT_AUDIENCE } = process.env;
const lifetime = Number(process.env.TOKEN_SECONDS);
const library = (path) => import(pathToFileURL(join(MODULES, 'oidc-provider', 'lib', path)));
const { default: Provider } = await library('index.js');
const { setStorage } = await library('adapters/memory_adapter.js');

// The adapter that comes with the library drops the oldest of a thousand entries: to a client that looks like a
// revocation. Entries in here end by their time only.
const entries = new Map();
setStorage({
  get: (key) => {
    const entry = entries.get(key);
    return entry && entry.until > Date.now() ? entry.value : undefined;
  },
  set: (key, value, { maxAge = Infinity } = {}) => entries.set(key, { value, until: Date.now() + maxAge }),
  delete: (key) => entries.delete(key),
});

const scopes = {
  'ticket-agent': 'tickets.read customers.read',
  'night-watch': 'tickets.read',
  'nightly-export': 'tickets.read customers.read export.read',
};
const machine = (name) => ({
  client_id: name,
  client_secret: process.env[name.toUpperCase().replace('-', '_')],
  grant_types: name === 'resource-server' ? [] : ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  ...(name === 'resource-server' ? {} : { scope: scopes[name] }),
});
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [...Object.keys(scopes), 'resource-server'].map(machine),
  cookies: { keys: [randomBytes(32).toString('hex')] },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }] },
  scopes: scopes['nightly-export'].split(' '),
  ttl: { AccessToken: lifetime, ClientCredentials: lifetime },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
    // Who names this audience (RFC 8707) gets a JWT, everybody else an opaque token.
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'tickets.read', audience: JWT_AUDIENCE, accessTokenTTL: lifetime, accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
});
provider.on('server_error', (_context, error) => console.error(error));
provider.listen(Number(PORT), '127.0.0.1');
