//! What each containment action does to each layer of credential, and what ends with what. Nothing else in the program
//! says so: the world acts by this table, the measures read it, and `docs/reference/containment.md` prints it.

use crate::wire::SecretKind;

use super::control::Action;

/// An action on a credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    Revoke,
    /// Of whoever it belongs to.
    Disable,
    Rotate,
    Bind,
    Block,
}

impl Verb {
    pub const ALL: [Verb; 5] = [Verb::Revoke, Verb::Disable, Verb::Rotate, Verb::Bind, Verb::Block];

    /// The action on credentials that a step of a runbook takes, if it takes one.
    pub const fn of(action: &Action) -> Option<Verb> {
        match action {
            Action::Revoke => Some(Verb::Revoke),
            Action::Disable => Some(Verb::Disable),
            Action::Rotate { .. } => Some(Verb::Rotate),
            Action::Bind { .. } => Some(Verb::Bind),
            Action::Block { .. } => Some(Verb::Block),
            _ => None,
        }
    }

    /// As a step of the runbook says it.
    pub const fn name(self) -> &'static str {
        match self {
            Verb::Revoke => "revoke",
            Verb::Disable => "disable",
            Verb::Rotate => "rotate",
            Verb::Bind => "bind",
            Verb::Block => "block",
        }
    }
}

/// What becomes of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Does {
    /// It is over.
    Ends,
    /// It has a successor, and is over when the grace is.
    Renews,
    /// It is good from one network only.
    Binds,
    /// It is refused at the services that the step names.
    Blocks,
    /// It is as good as it was.
    Nothing,
}

impl Does {
    pub const fn name(self) -> &'static str {
        match self {
            Does::Ends => "ends",
            Does::Renews => "ends, after the grace",
            Does::Binds => "good from one network",
            Does::Blocks => "refused there",
            Does::Nothing => "nothing",
        }
    }
}

/// One layer.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    pub kind: SecretKind,
    /// What each action does to a credential of it, in the order of [`Verb::ALL`].
    does: [Does; 5],
    /// What was minted from it and ends with it, where the scenario says nothing (`cascade`). A successor is no end:
    /// what is rotated takes nothing along.
    pub takes_along: &'static [SecretKind],
    /// The event that tells a receiver (CAEP 1.0), where there is one for it.
    pub event: Option<&'static str>,
    /// The text that says so, and what does not follow.
    pub source: &'static str,
}

use Does::{Binds as Bd, Blocks as Bl, Ends as E, Nothing as No, Renews as R};
use SecretKind::{
    AccessToken, ApiKey, ConnectedApp, OauthClient, Password, PersonalToken, RefreshToken, RoleSession, Session,
    SigningKey,
};

/// The table.
#[rustfmt::skip]
pub const LAYERS: [Layer; 10] = [
    //                    revoke disable rotate bind block
    layer(ApiKey,        [E,     E,      R,     Bd,  Bl], &[], None,
        "No standard speaks of it: no event tells receivers, each service has a store of its own."),
    layer(AccessToken,   [E,     E,      R,     Bd,  Bl], &[], SESSION,
        "RFC 7009 section 2.1: the refresh token MAY end too, here it lives and gets a new one. Who goes by the \
         signature takes it until `exp` (RFC 9068 section 4). What was exchanged for it lives (RFC 8693 has no word)."),
    layer(RefreshToken,  [E,     E,      R,     Bd,  Bl], &[AccessToken, RefreshToken], SESSION,
        "RFC 7009 section 2.1: the access tokens of the same grant SHOULD end. Seen twice, the whole line ends \
         (RFC 9700 section 4.14.2)."),
    layer(Session,       [E,     E,      R,     Bd,  Bl], &[RefreshToken], SESSION,
        "CAEP session-revoked. OpenID Connect Back-Channel Logout 1.0 section 2.7: refresh tokens of the session \
         SHOULD end; access tokens live until they expire, and so do keys."),
    layer(OauthClient,   [E,     E,      R,     Bd,  Bl], &[AccessToken, RefreshToken], CREDENTIAL,
        "RFC 7592 section 2.3: with the client its grants and tokens SHOULD end. A new secret ends none of them \
         (RFC 6749 section 2.3.1 is about the token endpoint alone)."),
    layer(ConnectedApp,  [E,     E,      R,     Bd,  Bl], &[AccessToken, RefreshToken], SESSION,
        "RFC 7009 section 2.1, the authorization grant itself: all tokens of it end."),
    layer(PersonalToken, [E,     E,      R,     Bd,  Bl], &[], CREDENTIAL,
        "As an API key that belongs to a person. No password and no session has a part in it."),
    layer(RoleSession,   [E,     E,      R,     Bd,  Bl], &[], SESSION,
        "The session that a role gave out. The role itself, and who may take it on, stay as they are."),
    layer(SigningKey,    [E,     E,      R,     No,  No], &[], None,
        "RFC 7517: its `kid` leaves the key set, and all that it signed ends where the set is fetched again. Nobody \
         presents it: there is nothing to bind or to block."),
    layer(Password,      [E,     E,      R,     Bd,  Bl], &[], CREDENTIAL,
        "CAEP credential-change. Sessions, tokens and keys that it once led to live on (RFC 9700 knows no tie)."),
];

const SESSION: Option<&str> = Some("session-revoked");
const CREDENTIAL: Option<&str> = Some("credential-change");

const fn layer(
    kind: SecretKind,
    does: [Does; 5],
    takes_along: &'static [SecretKind],
    event: Option<&'static str>,
    source: &'static str,
) -> Layer {
    Layer { kind, does, takes_along, event, source }
}

impl Layer {
    pub fn of(kind: SecretKind) -> &'static Layer {
        // Every kind has its row: `every_layer_has_its_row`.
        LAYERS.iter().find(|layer| layer.kind == kind).unwrap_or(&LAYERS[0])
    }

    /// What an action does to a credential of this layer.
    pub fn under(&self, verb: Verb) -> Does {
        self.does[verb as usize]
    }
}

/// Whether what was minted from something ends with it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Cascade {
    /// The scenario says so: with every end of its parent, also when that has a successor.
    Always,
    Never,
    /// As the standards have it for its layer and that of its parent.
    #[default]
    Usual,
}

impl Cascade {
    /// Whether a credential ends with its parent when this is done to it.
    pub fn follows(self, verb: Verb, parent: SecretKind, child: SecretKind) -> bool {
        match self {
            Cascade::Always => true,
            Cascade::Never => false,
            Cascade::Usual => {
                let layer = Layer::of(parent);
                layer.under(verb) == Does::Ends && layer.takes_along.contains(&child)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_has_its_row() {
        for kind in SecretKind::ALL {
            assert_eq!(Layer::of(kind).kind, kind);
        }
        assert_eq!(Verb::ALL.map(|verb| verb as usize), [0, 1, 2, 3, 4], "a row is in this order");
    }
}
