"""Discord's content network on loopback: whole files, parts of files, broken downloads."""

from __future__ import annotations

import re

from aiohttp import web

from tests.chatbot.loopback.discord_world import World


class ContentNetwork:
    def __init__(self, world: World) -> None:
        self._world = world
        self.downloads: list[str] = []
        """The `Range` headers (or '') of what was asked for."""
        self.cut_after: int | None = None
        """Ends the next download after so many bytes."""
        self.cuts_silently = False
        """It then ends as if that were the whole file."""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        content = self._world.files.get(request.match_info["key"])
        asked = request.headers.get("Range", "")
        self.downloads.append(asked)
        if content is None:
            return web.Response(status=404)
        start = int(re.sub(r"\D", "", asked) or 0)
        response = web.StreamResponse(status=206 if asked else 200)
        if not self.cuts_silently:
            response.content_length = len(content) - start
        await response.prepare(request)
        if self.cut_after is not None:
            end, self.cut_after = start + self.cut_after, None
            await response.write(content[start:end])
            if not self.cuts_silently:
                assert request.transport is not None
                request.transport.close()
            return response
        await response.write(content[start:])
        await response.write_eof()
        return response
