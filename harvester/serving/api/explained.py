"""What every kind of problem means and what to do: where the `type` of a problem leads."""

from fastapi import APIRouter, Request, Response

from harvester.serving.api.answers import Page, paged, told
from harvester.serving.api.documented import answers, part
from harvester.serving.api.words import Id, ToldProblem
from harvester.serving.problems import KINDS, TYPES, Problem


def make_router() -> APIRouter:
    """The routes."""
    router = part("problems")

    @router.get("/problems", summary="Every kind of problem", responses=answers(Page[ToldProblem]))
    def list_problems(request: Request) -> Response:
        """In order of status."""
        return paged(request, Page[ToldProblem](items=tuple(map(_told, KINDS))))

    @router.get("/problems/{id}", summary="A kind of problem", responses=answers(ToldProblem, 404))
    def get_problem(request: Request, id: Id) -> Response:
        """What it means, and what to do."""
        if id not in KINDS:
            raise Problem("not-found", f"There is no kind of problem {id[:64]}.")
        return told(request, _told(id))

    return router


def _told(name: str) -> ToldProblem:
    return ToldProblem(type=TYPES + name, **KINDS[name]._asdict())
