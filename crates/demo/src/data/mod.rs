//! The tables of the demonstration: every name, text and number that is not computed.
//!
//! Companies, people and machines are invented; places are real. Rows stay rows, so formatting is
//! left to the author where a table would fall apart.

pub(crate) mod clients;
pub(crate) mod equipment;
pub(crate) mod faults;
#[rustfmt::skip]
pub(crate) mod live;
pub(crate) mod people;
#[rustfmt::skip]
pub(crate) mod recent;
pub(crate) mod visits;

/// Families of equipment: what fails on them, and who is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    /// A line, which is the sum of its parts.
    Line,
    Compressor,
    /// Refrigeration and air conditioning.
    Cold,
    /// Presses and hydraulic power units.
    Press,
    /// Conveyors, elevators, screens.
    Conveyor,
    /// Distribution: switchboards, transformers, uninterruptible supplies.
    Electrical,
    /// Controllers, robots, test benches.
    Control,
    Pump,
    /// Boilers, furnaces, autoclaves.
    Heat,
    /// Production machines.
    Machine,
    Lifting,
    Injection,
    Genset,
    /// Cooling towers and fans.
    Cooling,
}

impl Family {
    /// Code of the reference list `type_equipement`.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Line => "autre",
            Self::Compressor => "pneumatique",
            Self::Cold | Self::Heat | Self::Cooling => "thermique",
            Self::Press | Self::Pump | Self::Injection => "hydraulique",
            Self::Conveyor | Self::Machine | Self::Lifting => "mecanique",
            Self::Electrical | Self::Genset => "electrique",
            Self::Control => "automatisme",
        }
    }
}
