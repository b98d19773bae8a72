using static System.FormattableString;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>Counts what the readers of a job's files changed, left out or found unusual, for the notes before training.</summary>
internal sealed class ReadTally
{
    private readonly List<string> _notes = [];

    /// <summary>Bytes that were not of the encoding, and NUL characters, where U+FFFD stands for them now.</summary>
    public long ReplacedBytes { get; set; }

    /// <summary>Records that were left out since they had such bytes.</summary>
    public int BadRecords { get; set; }

    /// <summary>Notes one thing more.</summary>
    public void Add(string note) => _notes.Add(note);

    /// <summary>A line for the user for each.</summary>
    public IEnumerable<string> Notes()
    {
        if (ReplacedBytes > 0)
            yield return Invariant($"badBytes replace: {ReplacedBytes:N0} bytes that are not of the encoding became U+FFFD");
        if (BadRecords > 0)
            yield return Invariant($"badBytes skip-record: {BadRecords:N0} records with bytes that are not of the encoding are left out");
        foreach (string note in _notes)
            yield return note;
    }
}
