/** Path of the page after signing out; the gateway itself serves it, without a login. */
export const signedOutPath = '/oauth2/signed-out';

/** The page, without scripts and external resources. */
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
