using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// A word a line with its tag in columns between tabs, or between blanks where a file has no tabs, an empty line after each sentence, as the shared tasks of CoNLL have it.
/// Tags are IO, IOB1, BIO, BIOES, BILOU or bare types, recognised by file; <c>-DOCSTART-</c> lines are passed over. Words are tokens already: the tokenizer is for the lines that <c>distembed predict</c> reads.
/// </summary>
public sealed record ConllData : LabelledData
{
    /// <summary>Training file.</summary>
    public required string Train { get; init; }

    /// <summary>Dev file.</summary>
    public string? Dev { get; init; }

    /// <summary>Test file.</summary>
    public string? Test { get; init; }

    /// <summary>Column of the word, from 1.</summary>
    public int WordColumn { get; init; } = 1;

    /// <summary>Column of the tag, from 1. Absent: the last, and all lines of a file have the same number of columns. Given: those of a sentence.</summary>
    public int? TagColumn { get; init; }

    /// <summary>What a line of comment starts with. Absent: there is none, and a word may start with anything.</summary>
    public string? Comment { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<DataForm> Forms => [DataForm.Tags];

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasDev => Dev is not null || DevFraction > 0;
}
