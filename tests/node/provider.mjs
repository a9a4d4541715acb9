// A real OpenID Connect provider for the tests: `node provider.mjs`, with its settings as JSON on standard input:
// {issuer, port, jwks, clients, resource, accounts: {login: claims}, machines: {client_id: claims}}
// Writes one line, "ready", when it listens. The password of every account is its login.
import { text } from "node:stream/consumers";
import { Provider } from "oidc-provider";

const given = JSON.parse(await text(process.stdin));

const provider = new Provider(given.issuer, {
  jwks: given.jwks,
  clients: given.clients,
  claims: { openid: ["sub", "groups"], profile: ["name"], phone: ["phone_number"] },
  cookies: { keys: ["only for tests"] },
  pkce: { required: () => true },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...given.accounts[id] }) }),
  // Nobody is asked whether the municipality's own tool may know one's name.
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid profile phone");
    await grant.save();
    return grant;
  },
  extraTokenClaims: (ctx, token) => given.machines[token.clientId] ?? given.accounts[token.accountId],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: (ctx, resource) => ({
        scope: "api",
        audience: resource,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "RS256" } },
      }),
    },
    rpInitiatedLogout: {
      enabled: given.sign_out,
      // One question less: whoever signs out of the tool means it.
      logoutSource: (ctx, form) => {
        ctx.body = `<!doctype html><title>Afmelden</title>${form}<button form="op.logoutForm" name="logout" value="yes">Ja</button>`;
      },
    },
  },
});

provider.use(async (ctx, next) => {
  const uid = ctx.path.match(/^\/interaction\/([\w-]+)$/)?.[1];
  if (!uid) return next();
  if (ctx.method === "GET") {
    ctx.body = `<!doctype html><html lang="nl"><title>Werkaccount</title><h1>Werkaccount</h1><form method="post">
      <label>Naam <input name="login" autocomplete="off"></label>
      <label>Wachtwoord <input name="password" type="password"></label>
      <button>Inloggen</button> <button name="stop" value="1">Annuleren</button></form></html>`;
    return;
  }
  const form = new URLSearchParams(await text(ctx.req));
  const login = form.get("login");
  const known = Object.hasOwn(given.accounts, login) && form.get("password") === login;
  const result = form.has("stop") || !known ? { error: "access_denied" } : { login: { accountId: login } };
  await provider.interactionFinished(ctx.req, ctx.res, result);
  ctx.respond = false;
});

provider.listen(given.port, "localhost", () => console.log("ready"));
