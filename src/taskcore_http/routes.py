"""The six calls. Each makes one use-case call and says how its answer travels."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post, put
from litestar.params import PathParameter

from taskcore import AsyncTasks
from taskcore.errors import InvalidTask
from taskcore_http import description
from taskcore_http.bodies import TaskBody, read_object

HttpRequest = Request[Any, Any, Any]
UserId = Annotated[str, PathParameter(description="Whose task", schema_extra=description.USER_ID)]
TaskId = Annotated[str, PathParameter(description="Which task", schema_extra=description.TASK_ID)]

# The one canonical form, so that a task has one address.
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DRAFT: Final = frozenset({"title", "description"})
_CHANGES: Final = frozenset({"title", "description", "completed"})
_COMPLETION: Final = frozenset({"completed"})


@post("/api/{user_id:str}/tasks", **description.CREATE_TASK)
async def create_task(user_id: UserId, request: HttpRequest) -> Response[TaskBody]:
    """Add a task for the user; it is open."""
    tasks = _tasks(request, user_id)
    body = await read_object(request, _DRAFT, required="title")
    task = await tasks.add(**body)
    address = f"/api/{quote(user_id, safe='')}/tasks/{task.id}"
    return Response(TaskBody.of(task), headers={"Location": address})


@get("/api/{user_id:str}/tasks", **description.LIST_TASKS)
async def list_tasks(user_id: UserId, request: HttpRequest) -> list[TaskBody]:
    """List all tasks of the user, newest first; a user without tasks has an empty list."""
    return [TaskBody.of(task) for task in await _tasks(request, user_id).find()]


@get("/api/{user_id:str}/tasks/{task_id:str}", **description.GET_TASK)
async def get_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> TaskBody:
    """Read one task."""
    return TaskBody.of(await _tasks(request, user_id).get(_id(task_id)))


@put("/api/{user_id:str}/tasks/{task_id:str}", **description.UPDATE_TASK)
async def update_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> TaskBody:
    """Change the fields that the body names; a missing one stays, a null description is cleared."""
    tasks = _tasks(request, user_id)
    id = _id(task_id)
    return TaskBody.of(await tasks.edit(id, **await read_object(request, _CHANGES)))


@delete("/api/{user_id:str}/tasks/{task_id:str}", **description.DELETE_TASK)
async def delete_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> dict[str, str]:
    """Remove the task."""
    await _tasks(request, user_id).remove(_id(task_id))
    return {"message": "Task deleted successfully"}


@patch("/api/{user_id:str}/tasks/{task_id:str}/complete", **description.TOGGLE_TASK)
async def toggle_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> TaskBody:
    """Toggle completion, or set it with ``{"completed": ...}``, which is safe to send again."""
    tasks = _tasks(request, user_id)
    id = _id(task_id)
    if await request.body() and (body := await read_object(request, _COMPLETION)):
        return TaskBody.of(await tasks.edit(id, **body))
    return TaskBody.of(await tasks.toggle(id))


HANDLERS: Final = (create_task, list_tasks, get_task, update_task, delete_task, toggle_task)


def _tasks(request: HttpRequest, user_id: str) -> AsyncTasks:
    return AsyncTasks(request.app.state.batcher, user_id)


def _id(task_id: str) -> UUID:
    if not _UUID.fullmatch(task_id):
        raise InvalidTask(
            "id", "must be a UUID, as in 01890a5d-ac96-774b-bcce-b302099a8057", "type"
        )
    return UUID(task_id)
