"""Identity's part of the graph."""

from typing import Annotated, TypeVar

import strawberry
from sqlalchemy import Select

from shared.errors import InvalidState, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.fields import LONGEST_SEARCH, bounded, query
from shared.graph.mutations import mutation
from shared.graph.schema import Schema
from shared.ids import global_id
from subgraphs.identity import models, repository
from subgraphs.identity.commands import (
    ChangePassword,
    ChoosePassword,
    ConfirmSecondFactor,
    EndSession,
    EnrolSecondFactor,
    InviteAccount,
    LogIn,
    Refresh,
    Register,
    RemoveRole,
    RemoveSecondFactor,
    RequestPasswordReset,
    ResetSecondFactor,
    SaveAccount,
    SaveRole,
    StepUp,
    VerifySecondFactor,
)
from subgraphs.identity.errors import AccountLocked, InvalidCode, InvalidCredentials, SessionEnded
from subgraphs.identity.models import CodePurpose
from subgraphs.identity.policy import INVITE, READ, WRITE
from subgraphs.identity.service import accounts, log_in, passwords, second_factor, sessions
from subgraphs.identity.types import (
    Account,
    ChoosePasswordSuccess,
    ConfirmSecondFactorSuccess,
    EndSessionSuccess,
    EnrolSecondFactorSuccess,
    LogInSuccess,
    LogOutSuccess,
    RefreshSuccess,
    RegisterSuccess,
    RemoveRoleSuccess,
    RequestPasswordResetSuccess,
    Role,
    SaveRoleSuccess,
    SecondFactorRequired,
    StaffMember,
    StepUpSuccess,
    VerifySecondFactorSuccess,
)

Search = Annotated[str | None, bounded("Only accounts whose email address contains this text.", LONGEST_SEARCH)]
RoleName = Annotated[str | None, strawberry.argument(description="Only accounts that have the role of this name.")]

Granted = TypeVar("Granted", bound=LogInSuccess)


@strawberry.type
class Query:
    @query(description="The account of the caller.", authenticated=True)
    async def me(self, info: Info) -> Account | None:
        return await Account.load(info.context, info.context.principal.subject)

    account = by_key(
        Account, description="The account with an id; null if there is none that the caller may see.", scopes=[[READ]]
    )

    @listing(
        Account,
        repository.ACCOUNTS,
        description="The accounts of all who can log in, by email address.",
        scopes=[[READ]],
    )
    async def accounts(self, info: Info, search: Search = None, role: RoleName = None) -> Select[models.Account]:
        return repository.search_accounts(info.context.principal, search, role)

    @query(description="The roles that accounts can have, by name.", scopes=[[READ]])
    async def roles(self, info: Info) -> list[Role] | None:
        return [Role.of(row) for row in await repository.roles(info.context.fetch)]


@strawberry.type
class Mutation:
    @mutation(description="Begin a patient's own account: a one-time code for `choosePassword` comes by mail.")
    async def register(self, info: Info, input: Register) -> RegisterSuccess:
        return RegisterSuccess(email=await passwords.request_mail(info.context, CodePurpose.REGISTRATION, input))

    @mutation(description="Replace a forgotten password: a one-time code for `choosePassword` comes by mail.")
    async def request_password_reset(self, info: Info, input: RequestPasswordReset) -> RequestPasswordResetSuccess:
        email = await passwords.request_mail(info.context, CodePurpose.PASSWORD_RESET, input)
        return RequestPasswordResetSuccess(email=email)

    @mutation(
        description="Set a password by a one-time code of a registration, an invitation or a reset.",
        errors=[InvalidCode],
    )
    async def choose_password(self, info: Info, input: ChoosePassword) -> ChoosePasswordSuccess:
        return ChoosePasswordSuccess(email=await passwords.choose_password(info.context, input))

    @mutation(
        description="Log in with email address and password, which begins a session.",
        errors=[InvalidCredentials, AccountLocked],
    )
    async def log_in(self, info: Info, input: LogIn) -> LogInSuccess | SecondFactorRequired:
        result = await log_in.log_in(info.context, input)
        if isinstance(result, log_in.Challenge):
            return SecondFactorRequired(challenge=result.secret)
        return _granted(LogInSuccess, result)

    @mutation(
        description="Take the second step of a log-in, where the account has a second factor.",
        errors=[InvalidCode, AccountLocked],
    )
    async def verify_second_factor(self, info: Info, input: VerifySecondFactor) -> VerifySecondFactorSuccess:
        return _granted(VerifySecondFactorSuccess, await log_in.verify_second_factor(info.context, input))

    @mutation(
        description="Give a code of the second factor anew, for what takes one that is not older than some minutes.",
        authenticated=True,
        errors=[InvalidCode, AccountLocked, InvalidState, NotFound],
    )
    async def step_up(self, info: Info, input: StepUp) -> StepUpSuccess:
        access = await second_factor.step_up(info.context, input)
        return StepUpSuccess(access_token=access.token, expires_at=access.expires_at)

    @mutation(
        description="New tokens for a refresh token, which is then used: the same client may repeat that within 30 s and "
        "gets the same; any other use ends the session.",
        errors=[SessionEnded],
    )
    async def refresh(self, info: Info, input: Refresh) -> RefreshSuccess:
        return _granted(RefreshSuccess, await sessions.refresh(info.context, input))

    @mutation(description="Log out: end the session of this request.", authenticated=True)
    async def log_out(self, info: Info) -> LogOutSuccess:
        return LogOutSuccess(session_id=strawberry.ID(global_id("Session", await sessions.log_out(info.context))))

    @mutation(
        description="End a session of the caller's account; administrators end anybody's.",
        authenticated=True,
        errors=[NotFound],
    )
    async def end_session(self, info: Info, input: EndSession) -> EndSessionSuccess:
        ended = await sessions.end_session(info.context, input)
        return EndSessionSuccess(session_id=strawberry.ID(global_id("Session", ended)))

    @mutation(
        description="Change the caller's password; all other sessions of the account end.",
        authenticated=True,
        errors=[InvalidCredentials, AccountLocked],
    )
    async def change_password(self, info: Info, input: ChangePassword) -> Account:
        return Account.of(await passwords.change_password(info.context, input))

    @mutation(
        description="Begin to set up a second factor (TOTP, RFC 6238) for the caller's account.",
        authenticated=True,
        errors=[InvalidCredentials, AccountLocked, InvalidState],
    )
    async def enrol_second_factor(self, info: Info, input: EnrolSecondFactor) -> EnrolSecondFactorSuccess:
        secret, uri = await second_factor.enrol(info.context, input)
        return EnrolSecondFactorSuccess(secret=secret, uri=uri)

    @mutation(
        description="Confirm the second factor by a code of it; from then on it is asked for.",
        authenticated=True,
        errors=[InvalidCode, AccountLocked, InvalidState, NotFound],
    )
    async def confirm_second_factor(self, info: Info, input: ConfirmSecondFactor) -> ConfirmSecondFactorSuccess:
        account, codes = await second_factor.confirm(info.context, input)
        return ConfirmSecondFactorSuccess(recovery_codes=codes, account=Account.of(account))

    @mutation(
        description="Remove the second factor of the caller's account.",
        authenticated=True,
        errors=[InvalidCredentials, AccountLocked, InvalidState],
    )
    async def remove_second_factor(self, info: Info, input: RemoveSecondFactor) -> Account:
        return Account.of(await second_factor.remove(info.context, input))

    @mutation(
        description="Remove the second factor of someone who has lost it.",
        scopes=[[WRITE]],
        errors=[NotFound, InvalidState],
    )
    async def reset_second_factor(self, info: Info, input: ResetSecondFactor) -> Account:
        return Account.of(await second_factor.reset(info.context, input))

    @mutation(
        description="Invite a member of staff or, for which `account:invite` is enough, a patient to an account of their own.",
        scopes=[[WRITE], [INVITE]],
        errors=[InvalidState],
    )
    async def invite_account(self, info: Info, input: InviteAccount) -> Account:
        return Account.of(await accounts.invite(info.context, input))

    @mutation(
        description="Change the roles and the practitioner of an account, close or open it. It acts at once.",
        scopes=[[WRITE]],
        errors=[NotFound, VersionConflict, InvalidState],
    )
    async def save_account(self, info: Info, input: SaveAccount) -> Account:
        return Account.of(await accounts.save(info.context, input))

    @mutation(
        description="Define a role, or change the scopes of one. It acts at once.",
        scopes=[[WRITE]],
        errors=[InvalidState],
    )
    async def save_role(self, info: Info, input: SaveRole) -> SaveRoleSuccess:
        return SaveRoleSuccess(role=Role.of(await accounts.save_role(info.context, input)))

    @mutation(
        description="Remove a role, or put a changed one back to what it is as CareGraph brings it.",
        scopes=[[WRITE]],
        errors=[NotFound, InvalidState],
    )
    async def remove_role(self, info: Info, input: RemoveRole) -> RemoveRoleSuccess:
        return RemoveRoleSuccess(name=await accounts.remove_role(info.context, input))


def _granted(kind: type[Granted], grant: sessions.Grant) -> Granted:
    return kind(
        access_token=grant.access_token,
        refresh_token=grant.refresh_token,
        expires_at=grant.expires_at,
        account=Account.of(grant.account),
    )


schema = Schema(query=Query, mutation=Mutation, types=[StaffMember])
