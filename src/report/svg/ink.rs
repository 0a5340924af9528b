use plotters::style::RGBColor;

/// What a shape means; the style sheet decides how that looks.
///
/// plotters knows colours only, so each meaning travels as a colour that no chart uses otherwise and
/// that the back end turns into a CSS class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Ink {
    Text,
    Soft,
    Strong,
    Grid,
    Axis,
    Passed,
    Throttled,
    Quota,
    Failed,
    Limit,
    /// Lines of single subscriptions.
    Series1,
    Series2,
    Series3,
    Series4,
    /// The area under a line.
    Area,
    /// A stretch of time in which callers were asked to wait.
    Wait,
    /// The stretch below zero.
    Debt,
    /// The line at zero where it is not the lower edge.
    Zero,
    /// A line at a quantile.
    Quantile,
    /// A thin line from a mark to its label.
    Leader,
    /// Between two lines that should be one.
    Apart,
    /// Cells of a heat map, from few to many.
    Heat1,
    Heat2,
    Heat3,
    Heat4,
    Heat5,
    /// What nobody came back for.
    Gone,
    /// Nothing to see: a place that has a tooltip.
    Hover,
}

const RED: u8 = 0xc1;
const GREEN: u8 = 0xa5;

impl Ink {
    const ALL: [(Ink, &'static str); 28] = [
        (Ink::Text, "text"),
        (Ink::Soft, "soft"),
        (Ink::Strong, "strong"),
        (Ink::Grid, "grid"),
        (Ink::Axis, "axis"),
        (Ink::Passed, "passed"),
        (Ink::Throttled, "throttled"),
        (Ink::Quota, "quota"),
        (Ink::Failed, "failed"),
        (Ink::Limit, "limit"),
        (Ink::Series1, "series-1"),
        (Ink::Series2, "series-2"),
        (Ink::Series3, "series-3"),
        (Ink::Series4, "series-4"),
        (Ink::Area, "area"),
        (Ink::Wait, "wait"),
        (Ink::Debt, "debt"),
        (Ink::Zero, "zero"),
        (Ink::Quantile, "quantile"),
        (Ink::Leader, "leader"),
        (Ink::Apart, "apart"),
        (Ink::Heat1, "heat-1"),
        (Ink::Heat2, "heat-2"),
        (Ink::Heat3, "heat-3"),
        (Ink::Heat4, "heat-4"),
        (Ink::Heat5, "heat-5"),
        (Ink::Gone, "gone"),
        (Ink::Hover, "hover"),
    ];

    pub(in crate::report) const SERIES: [Ink; 4] =
        [Ink::Series1, Ink::Series2, Ink::Series3, Ink::Series4];

    pub(in crate::report) const HEAT: [Ink; 5] =
        [Ink::Heat1, Ink::Heat2, Ink::Heat3, Ink::Heat4, Ink::Heat5];

    pub(super) fn colour(self) -> RGBColor {
        let place = Ink::ALL.iter().position(|(ink, _)| *ink == self);
        let place = place.and_then(|place| u8::try_from(place).ok());
        RGBColor(RED, GREEN, place.expect("every ink is listed"))
    }

    /// CSS class of a colour that [`Ink::colour`] made.
    pub(super) fn class((red, green, place): (u8, u8, u8)) -> Option<&'static str> {
        let listed = Ink::ALL.get(usize::from(place))?;
        ((red, green) == (RED, GREEN)).then_some(listed.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ink_comes_back_as_its_class() {
        for (ink, class) in Ink::ALL {
            let RGBColor(red, green, blue) = ink.colour();
            assert_eq!(Ink::class((red, green, blue)), Some(class));
        }
        assert_eq!(Ink::class((0, 0, 0)), None);
    }
}
