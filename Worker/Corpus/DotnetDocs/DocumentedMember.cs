namespace DistEmbed.Worker.Corpus.DotnetDocs;

/// <summary>A documented type or member.</summary>
/// <param name="Id">Its documentation id, such as <c>M:System.String.Trim</c>.</param>
/// <param name="Summary">Sentences of its summary.</param>
/// <param name="Others">Sentences of its remarks, parameters, results and exceptions.</param>
internal sealed record DocumentedMember(string Id, IReadOnlyList<string> Summary, IReadOnlyList<string> Others)
{
    /// <summary>Whether it is a type.</summary>
    public bool IsType => Id.StartsWith("T:", StringComparison.Ordinal);

    /// <summary>Whether it is a constructor.</summary>
    public bool IsConstructor => Id.Contains("#ctor", StringComparison.Ordinal) || Id.Contains("#cctor", StringComparison.Ordinal);

    /// <summary>Full name of the type that declares it; of itself where it is a type. Null for what is neither type nor member.</summary>
    public string? DeclaringType
    {
        get
        {
            if (Id.Length < 3 || Id[1] != ':' || !"TMPFE".Contains(Id[0], StringComparison.Ordinal))
                return null;
            int parameters = Id.IndexOf('(', StringComparison.Ordinal);
            string name = parameters < 0 ? Id[2..] : Id[2..parameters];
            if (IsType)
                return name;
            int dot = name.LastIndexOf('.');
            return dot < 0 ? null : name[..dot];
        }
    }
}
