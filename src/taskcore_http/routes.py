"""The calls. Each makes one use-case call and says how its answer travels."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

from litestar import Request, delete, get, patch, post, put
from litestar.params import PathParameter

from taskcore import AsyncTasks
from taskcore.errors import InvalidTask
from taskcore_http import description
from taskcore_http.answers import (
    Amount,
    Explanation,
    Message,
    Tally,
    task_response,
    tasks_response,
)
from taskcore_http.bodies import CHANGES, COMPLETION, MERGE_PATCH, read_new, read_object
from taskcore_http.edge import exchange_of
from taskcore_http.many import add_many
from taskcore_http.problems import ARRAY_LIMIT
from taskcore_http.queries import COUNTING, FINDING, NOTHING, REMOVING, next_query, read_query
from taskcore_http.responses import JsonResponse

HttpRequest = Request[Any, Any, Any]
UserId = Annotated[str, PathParameter(description="Whose task", schema_extra=description.USER_ID)]
TaskId = Annotated[str, PathParameter(description="Which task", schema_extra=description.TASK_ID)]

# The one canonical form, so that a task has one address.
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@post("/api/{user_id:str}/tasks", request_max_body_size=ARRAY_LIMIT, **description.CREATE_TASK)
async def create_task(user_id: UserId, request: HttpRequest) -> JsonResponse:
    """Add a task for the user, which is open; or, from an array, up to 1,000.

    The answer to an array is 207, with an entry for each of its own in the same place: what the
    task alone would have been answered with. One that breaks a rule does not stop the others.
    """
    tasks = _tasks(request, user_id)
    body = await read_new(request)
    if isinstance(body, list):
        return JsonResponse(await add_many(tasks, body, exchange_of(request.scope)), 207)
    task = await tasks.add(**body)
    return task_response(task, 201, {"Location": f"{_address(request, user_id)}/{task.id}"})


@get("/api/{user_id:str}/tasks", **description.LIST_TASKS)
async def list_tasks(user_id: UserId, request: HttpRequest) -> JsonResponse:
    """List the tasks of the user that the filter is true of, or all; nobody's are an empty array.

    With `page_size` they come in pages: where there are more, `Link` has the address of the next.
    """
    tasks, query = _asked(request, user_id, FINDING)
    if query.pop("explain", False):
        return JsonResponse(Explanation(await tasks.explain(query.get("filter", ""))))
    page = await tasks.find(**query)
    if page.next_page_token is None:
        return tasks_response(page)
    address = f"{_address(request, user_id)}?{next_query(request, page.next_page_token)}"
    return tasks_response(page, {"Link": f'<{address}>; rel="next"'})


@get("/api/{user_id:str}/tasks/count", **description.COUNT_TASKS)
async def count_tasks(user_id: UserId, request: HttpRequest) -> JsonResponse:
    """Count the tasks of the user that the filter is true of, or all."""
    tasks, query = _asked(request, user_id, COUNTING)
    return JsonResponse(Amount(await tasks.count(**query)))


@get("/api/{user_id:str}/projects", **description.LIST_PROJECTS)
async def list_projects(user_id: UserId, request: HttpRequest) -> JsonResponse:
    """List the projects in use, by name, with how many open tasks are in each."""
    projects = await _tasks(request, user_id).projects()
    return JsonResponse([Tally(*pair) for pair in projects.items()])


@get("/api/{user_id:str}/tags", **description.LIST_TAGS)
async def list_tags(user_id: UserId, request: HttpRequest) -> JsonResponse:
    """List the tags in use, by name, with how many open tasks have each."""
    tags = await _tasks(request, user_id).tags()
    return JsonResponse([Tally(*pair) for pair in tags.items()])


@get("/api/{user_id:str}/tasks/{task_id:str}", **description.GET_TASK)
async def get_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> JsonResponse:
    """Read one task."""
    return task_response(await _tasks(request, user_id).get(_id(task_id)))


@put("/api/{user_id:str}/tasks/{task_id:str}", **description.UPDATE_TASK)
async def update_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> JsonResponse:
    """Change the fields that the body names; a missing one stays, a null clears what can be none.

    `extra` is merged into what is there, as RFC 7396 says.
    """
    tasks, id = _tasks(request, user_id), _id(task_id)
    return task_response(await tasks.edit(id, **await read_object(request, CHANGES)))


@patch("/api/{user_id:str}/tasks/{task_id:str}", **description.PATCH_TASK)
async def patch_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> JsonResponse:
    """Change the task by a JSON Merge Patch (RFC 7396) of the fields that can be changed."""
    tasks, id = _tasks(request, user_id), _id(task_id)
    changes = await read_object(request, CHANGES, MERGE_PATCH)
    return task_response(await tasks.edit(id, **changes))


@delete("/api/{user_id:str}/tasks/{task_id:str}", **description.DELETE_TASK)
async def delete_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> JsonResponse:
    """Remove the task; one with subtasks only with `subtree=true`, and then all below it as well.

    All of a subtree goes, or nothing does.
    """
    tasks, query = _asked(request, user_id, REMOVING)
    await tasks.remove(_id(task_id), **query)
    return JsonResponse(Message("Task deleted successfully"))


@patch("/api/{user_id:str}/tasks/{task_id:str}/complete", **description.TOGGLE_TASK)
async def toggle_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> JsonResponse:
    """Toggle completion, or set it with ``{"completed": ...}``, which is safe to send again."""
    tasks, id = _tasks(request, user_id), _id(task_id)
    if await request.body() and (body := await read_object(request, COMPLETION)):
        return task_response(await tasks.edit(id, **body))
    return task_response(await tasks.toggle(id))


HANDLERS: Final = (
    create_task,
    list_tasks,
    count_tasks,
    list_projects,
    list_tags,
    get_task,
    update_task,
    patch_task,
    delete_task,
    toggle_task,
)


def _tasks(request: HttpRequest, user_id: str) -> AsyncTasks:
    """Return the user's tasks, for a call that has no parameters but those in its path."""
    return _asked(request, user_id, NOTHING)[0]


def _asked(
    request: HttpRequest, user_id: str, allowed: frozenset[str]
) -> tuple[AsyncTasks, dict[str, Any]]:
    """Return the user's tasks, in the zone that the query names, and its other parameters."""
    request.app.state.authorize(exchange_of(request.scope), user_id)
    query = read_query(request, allowed)
    zone = query.pop("zone", UTC)
    return AsyncTasks(request.app.state.batcher, user_id, zone=zone), query


def _id(task_id: str) -> UUID:
    if not _UUID.fullmatch(task_id):
        raise InvalidTask(
            "id", "must be a UUID, as in 01890a5d-ac96-774b-bcce-b302099a8057", "type"
        )
    return UUID(task_id)


def _address(request: HttpRequest, user_id: str) -> str:
    """Return the path of the user's tasks, also where the application is mounted below another."""
    root = quote(request.scope.get("root_path", "").rstrip("/"))
    return f"{root}/api/{quote(user_id, safe='')}/tasks"
