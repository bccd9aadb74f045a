//! Extract, call one use case, map the result.

use actix_web::http::header::HeaderMap;
use application::auth::{self, Login, RefreshSecret, SignedIn};
use application::{AppError, Code};
use domain::session::SessionMode;

use super::dto::{
    ChangePasswordBody, LoginBody, LogoutQuery, RefreshBody, SessionView, TokenBody, TokenView,
};
use crate::call::{Call, Guest};
use crate::extract::{Body, Form, Input, MaybeBody, Parts, PathText, Query};
use crate::openapi::doc::Doc;
use crate::problem::Refusal;
use crate::reply::{Answered, Many, Nothing, One, Plain, With};
use crate::routes::users::dto::{MeView, UserView};
use crate::security::{cookie, token};

pub(super) async fn login(guest: Guest, form: Form<LoginBody>) -> Answered<With<Plain<TokenView>>> {
    sign_in(guest, form.0.into()).await
}

pub(super) async fn token(guest: Guest, form: Form<TokenBody>) -> Answered<With<Plain<TokenView>>> {
    sign_in(guest, form.0.into_login()?).await
}

async fn sign_in(guest: Guest, login: Login) -> Answered<With<Plain<TokenView>>> {
    let signed_in = auth::login(guest.app(), &guest.visitor, login).await?;
    give(&guest, signed_in)
}

pub(super) async fn refresh(
    guest: Guest,
    presented: FromCookie,
    body: MaybeBody<RefreshBody>,
) -> Answered<With<Plain<TokenView>>> {
    let secret = match body.0 {
        Some(body) => cookie::refresh_from(&body.refresh_token),
        None => presented.secret(&guest)?,
    };
    let secret = secret.ok_or(AppError::Unauthenticated(Code::InvalidRefreshToken))?;
    let signed_in = auth::refresh(guest.app(), &guest.visitor, secret).await?;
    give(&guest, signed_in)
}

/// Tokens, and the cookies of those who keep the refresh token there.
fn give(guest: &Guest, signed_in: SignedIn) -> Answered<With<Plain<TokenView>>> {
    let state = &guest.state;
    let secrets = state.app.secrets.as_ref();
    let access = state.tokens.issue(&signed_in.session, guest.visitor.now, secrets);
    let access_token = access.map_err(|e| AppError::Internal(Box::new(e)))?;
    let in_cookie = signed_in.mode == SessionMode::Cookie;
    let headers = if in_cookie {
        cookie::set(&signed_in.refresh, &state.config, secrets)
    } else {
        Vec::new()
    };
    let view = TokenView {
        access_token,
        refresh_token: (!in_cookie).then(|| cookie::refresh_text(&signed_in.refresh)),
        token_type: "bearer",
        expires_in: state.tokens.seconds(),
        user: UserView::of(&signed_in.user),
    };
    state.sessions.learn(signed_in.session);
    Ok(With {
        output: Plain(view),
        headers,
    })
}

/// What the browser sent by itself; judged only when it is needed.
pub(super) struct FromCookie(HeaderMap);

impl Input for FromCookie {
    fn describe(_: &mut Doc) {}

    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal> {
        let names = ["cookie", "origin", "sec-fetch-site", cookie::CSRF_HEADER];
        let pairs = parts
            .headers
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()));
        Ok(Self(
            pairs.map(|(name, value)| (name.clone(), value.clone())).collect(),
        ))
    }
}

impl FromCookie {
    fn secret(&self, guest: &Guest) -> Result<Option<RefreshSecret>, Refusal> {
        cookie::refresh_of(&self.0, &guest.state.config, guest.app().secrets.as_ref())
    }
}

pub(super) async fn logout(call: Call, query: Query<LogoutQuery>) -> Answered<With<Nothing>> {
    if query.0.all.unwrap_or(false) {
        auth::logout_all(call.app(), &call.ctx).await?;
    } else {
        auth::logout(call.app(), &call.ctx).await?;
    }
    forget(&call);
    Ok(With {
        output: Nothing,
        headers: cookie::clear(&call.state.config),
    })
}

/// The session of the request is over: this process need not be told by the others.
fn forget(call: &Call) {
    if let Some(session) = call.ctx.session {
        call.state.sessions.forget(&[session]);
    }
}

pub(super) async fn me(call: Call) -> Answered<One<MeView>> {
    let user = application::user::find(call.app(), &call.ctx, call.ctx.actor.user).await?;
    Ok(One {
        version: user.version,
        view: MeView::of(&user, &call.ctx.actor),
    })
}

pub(super) async fn change_password(call: Call, body: Body<ChangePasswordBody>) -> Answered<Nothing> {
    auth::change_password(call.app(), &call.ctx, body.0.into()).await?;
    forget(&call);
    Ok(Nothing)
}

pub(super) async fn sessions(call: Call) -> Answered<Many<SessionView>> {
    let sessions = auth::list_sessions(call.app(), &call.ctx).await?;
    let here = call.ctx.session;
    Ok(Many::whole(
        sessions
            .iter()
            .map(|session| SessionView::of(session, here))
            .collect(),
    ))
}

pub(super) async fn end_all(call: Call) -> Answered<With<Nothing>> {
    auth::logout_all(call.app(), &call.ctx).await?;
    forget(&call);
    Ok(With {
        output: Nothing,
        headers: cookie::clear(&call.state.config),
    })
}

pub(super) async fn end_session(call: Call, id: PathText) -> Answered<Nothing> {
    let session = token::session_from(&id.0).ok_or(AppError::NotFound)?;
    auth::end_session(call.app(), &call.ctx, session).await?;
    call.state.sessions.forget(&[session]);
    Ok(Nothing)
}
