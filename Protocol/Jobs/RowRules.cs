namespace DistEmbed.Protocol.Jobs;

/// <summary>What the rows of a table of words do at each step, where not all do the same: a timeline for every class of rows.</summary>
public sealed class RowRules
{
    private readonly RowClasses _classes;
    private readonly GroupTimeline[] _timelines;
    private readonly ushort[] _timelineOf;

    /// <summary>Creates the rules of a table.</summary>
    /// <param name="classes">The class of each row.</param>
    /// <param name="timelineOfClass">What each class does. Classes with the same timeline do the same.</param>
    public RowRules(RowClasses classes, IReadOnlyList<GroupTimeline> timelineOfClass)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(timelineOfClass.Count, classes.Count);
        _classes = classes;
        _timelines = [.. timelineOfClass.Distinct()];
        _timelineOf = [.. timelineOfClass.Select(timeline => (ushort)Array.IndexOf(_timelines, timeline))];
    }

    /// <summary>The different timelines.</summary>
    public IReadOnlyList<GroupTimeline> Timelines => _timelines;

    /// <summary>Number of rows.</summary>
    public int Rows => _classes.Rows;

    /// <summary>Index of a row's timeline.</summary>
    public int IndexOf(int row) => _timelineOf[_classes.Of(row)];

    /// <summary>What a row does.</summary>
    public GroupTimeline Of(int row) => _timelines[IndexOf(row)];

    /// <summary>Number of rows that follow a timeline, the padding row not counted.</summary>
    public int RowsOf(int timeline) => Enumerable.Range(0, _classes.Count).Where(c => _timelineOf[c] == timeline).Sum(_classes.WordsOf);
}
