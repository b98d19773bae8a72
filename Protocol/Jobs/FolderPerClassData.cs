using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>One folder a class, one example a file: the form of the IMDb reviews (aclImdb) and of 20 Newsgroups. A folder's name is its label.</summary>
public sealed record FolderPerClassData : LabelledData
{
    /// <summary>Folder of the training part, in which the classes' folders lie.</summary>
    public required string Train { get; init; }

    /// <summary>Folder of the dev part.</summary>
    public string? Dev { get; init; }

    /// <summary>Folder of the test part.</summary>
    public string? Test { get; init; }

    /// <summary>The classes, where other folders lie beside theirs. Absent: every folder in the training part's.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Which files of a class's folder are examples.</summary>
    public string Files { get; init; } = "*.txt";

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasDev => Dev is not null || DevFraction > 0;
}
