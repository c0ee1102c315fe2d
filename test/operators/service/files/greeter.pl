#!/usr/bin/perl
# Answers /health, over HTTP, with what it is.
use strict;
use IO::Socket::INET;
my ($port, $host) = @ARGV;
my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 5, ReuseAddr => 1) or die "$!";
while (my $client = $server->accept) {
    my $first = <$client> // '';
    while (my $line = <$client>) { last if $line =~ /^\r?\n$/ }
    my ($status, $body) = $first =~ m{^GET /health } ? ('200 OK', qq({"status": "ok", "host": "$host"})) : ('404 Not Found', '{}');
    print $client "HTTP/1.0 $status\r\nContent-Type: application/json\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
    close $client;
}
