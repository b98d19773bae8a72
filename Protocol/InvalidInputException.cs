namespace DistEmbed.Protocol;

/// <summary>One thing that is wrong with what the user gave.</summary>
/// <param name="Where">The place: a file with its line, a setting's path such as <c>training.batch</c>, or a flag.</param>
/// <param name="What">What is wrong, with the value that was found.</param>
/// <param name="Fix">What to do about it.</param>
public sealed record InputError(string Where, string What, string Fix)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Where}: {What} {Fix}".TrimEnd();
}

/// <summary>
/// The user's input cannot be used. Carries every error that was found, not the first only; a command prints one line each and ends with exit code 2.
/// </summary>
public sealed class InvalidInputException : Exception
{
    /// <summary>Creates the exception for all <paramref name="errors"/>, of which there is at least one.</summary>
    public InvalidInputException(IReadOnlyList<InputError> errors)
        : base(string.Join(Environment.NewLine, errors)) => Errors = errors;

    /// <summary>Creates the exception for one error.</summary>
    public InvalidInputException(string where, string what, string fix)
        : this([new InputError(where, what, fix)])
    {
    }

    /// <summary>Creates the exception for one error that an exception from below caused.</summary>
    public InvalidInputException(InputError error, Exception cause)
        : base(error.ToString(), cause) => Errors = [error];

    /// <summary>Every error found, in the order of the input.</summary>
    public IReadOnlyList<InputError> Errors { get; }
}
