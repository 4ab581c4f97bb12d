window.__QCE_APP__ = { start() {} };
