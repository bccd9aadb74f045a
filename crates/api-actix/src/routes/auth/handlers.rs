//! Extract, call one use case, map the result.

use actix_web::http::header::HeaderMap;
use application::auth::{self, Login, RefreshSecret, SignedIn};
use application::{AppError, Code};
use domain::session::SessionMode;
use domain::text::{FieldIssue, IssueCode};

use super::dto::{
    ChangePasswordBody, LoginBody, LogoutBody, LogoutQuery, RefreshBody, SessionView, TokenBody, TokenView,
};
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::call::{Call, Guest};
use crate::extract::body::Sent;
use crate::extract::{Form, Input, MaybeBody, Parts, PathText, Query};
use crate::openapi::doc::Doc;
use crate::problem::Refusal;
use crate::reply::{Answered, Cookies, Many, Nothing, One, Plain};
use crate::routes::users::dto::{MeView, UserView};
use crate::security::{cookie, token};

pub(super) async fn login(guest: Guest, form: Form<LoginBody>) -> Answered<Cookies<Plain<TokenView>>> {
    let (body, sent) = (form.0, form.1);
    if sent == Sent::Form && body.mode.is_some_and(|mode| mode.0 == SessionMode::Cookie) {
        // A form of any page can be sent from a browser, and would sign it in to the page's account.
        let issue = FieldIssue::expecting("mode", IssueCode::Inconsistent, "application/json");
        return Err(AppError::field(issue).into());
    }
    sign_in(guest, body.into()).await
}

pub(super) async fn token(guest: Guest, form: Form<TokenBody>) -> Answered<Cookies<Plain<TokenView>>> {
    sign_in(guest, form.0.into_login()?).await
}

async fn sign_in(guest: Guest, login: Login) -> Answered<Cookies<Plain<TokenView>>> {
    let signed_in = auth::login(guest.app(), &guest.visitor, login).await?;
    give(&guest, signed_in)
}

pub(super) async fn refresh(
    guest: Guest,
    presented: FromCookie,
    body: MaybeBody<RefreshBody>,
) -> Answered<Cookies<Plain<TokenView>>> {
    let (secret, from_cookie) = match body.0 {
        Some(body) => (cookie::refresh_from(&body.refresh_token), false),
        None => {
            let secret = presented.secret(&guest)?;
            let judged = secret.is_some();
            (secret, judged)
        }
    };
    let signed_in = match secret {
        Some(secret) => auth::refresh(guest.app(), &guest.visitor, secret).await,
        None => Err(AppError::Unauthenticated(Code::InvalidRefreshToken)),
    };
    match signed_in {
        Ok(signed_in) => give(&guest, signed_in),
        // Not when it could only not be tried, and not without the proof, which only a cookie that can be read
        // has: a page of somebody else must not be able to take a good one away.
        Err(error @ AppError::Unauthenticated(_)) if from_cookie => {
            Err(Refusal::AppWith(error, cookie::clear(&guest.state.config)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Tokens, and the cookies of those who keep the refresh token there.
fn give(guest: &Guest, signed_in: SignedIn) -> Answered<Cookies<Plain<TokenView>>> {
    let state = &guest.state;
    let secrets = state.app.secrets.as_ref();
    let access = state
        .tokens
        .issue(&signed_in.session, signed_in.session.read_at, secrets);
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
    Ok(Cookies {
        output: Plain(view),
        headers,
    })
}

/// What the browser sent by itself; judged only when it is needed.
pub(super) struct FromCookie(HeaderMap);

impl Input for FromCookie {
    fn describe(doc: &mut Doc) {
        doc.cookie = true;
        let proof = ObjectBuilder::new().schema_type(Type::String);
        doc.parameters.push(
            ParameterBuilder::new()
                .name("X-CSRF-Token")
                .parameter_in(ParameterIn::Header)
                .description(Some(
                    "Avec le cookie : la valeur du cookie « erp_csrf », que la page lit ; 403 sinon.",
                ))
                .schema(Some(proof))
                .build(),
        );
    }

    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal> {
        let names = ["cookie", "origin", cookie::CSRF_HEADER];
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

pub(super) async fn logout(
    call: Call,
    query: Query<LogoutQuery>,
    body: MaybeBody<LogoutBody>,
) -> Answered<Cookies<Nothing>> {
    body.0.unwrap_or_default().check()?;
    if query.0.all.unwrap_or(false) {
        auth::logout_all(call.app(), &call.ctx).await?;
    } else {
        auth::logout(call.app(), &call.ctx).await?;
    }
    forget(&call);
    Ok(Cookies {
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
    Ok(One::of(&user, |user| MeView::of(user, &call.ctx.actor)))
}

pub(super) async fn change_password(call: Call, body: Form<ChangePasswordBody>) -> Answered<Nothing> {
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

pub(super) async fn end_all(call: Call) -> Answered<Cookies<Nothing>> {
    auth::logout_all(call.app(), &call.ctx).await?;
    forget(&call);
    Ok(Cookies {
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
