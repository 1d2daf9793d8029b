/** Where the dashboard's sign-out ends; served by the gateway itself, without a login. */
export const signedOutPath = '/oauth2/signed-out';

/** The page: no script, nothing from elsewhere. */
export const signedOutPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Signed out</title>
<style>body{font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:100vh;margin:0;color:#1b2733;background:#f4f7fa}main{text-align:center}</style>
<main>
<h1>You are signed out</h1>
<p><a href="/">Sign in again</a></p>
</main>
</html>
`;
